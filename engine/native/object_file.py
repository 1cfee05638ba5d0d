"""Loads an object file: what a linker and a loader do, for the few sections and relocations that LLVM leaves in position-independent code.

Machines without a C compiler have no linker, and numba's own loader is what we do without. Sources: System V ABI, ELF-64 object files;
its AMD64 supplement, section 4.4; ELF for the Arm 64-bit Architecture, section 5.7.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

MACHINES = {"x86_64": 62, "aarch64": 183}
"""platform.machine() -> e_machine"""
WRITABLE, ALLOCATED, EXECUTABLE = 1, 2, 4
NO_BITS, RELOCATIONS, SYMBOLS = 8, 4, 2
COMMON, LAST_SECTION = 0xFFF2, 0xFF00
UNWINDING = ".eh_frame"
"""Nothing unwinds through kernels."""
STUB_BYTES = 16
PROT_READ_EXECUTE = mmap.PROT_READ | mmap.PROT_EXEC

Addresses = Callable[[str], int]
"""Name -> where this process has it. Raises: ValueError for what it lacks."""


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


class _Symbol(NamedTuple):
    name: str
    section: int
    value: int
    size: int


@dataclass(frozen=True, eq=False)
class LoadedObject:
    """An object file in memory. It stays there as long as this lives."""

    symbols: dict[str, int]
    """the addresses of what the file defines"""
    memory: mmap.mmap


def load(content: bytes, address_of: Addresses) -> LoadedObject:
    """Maps the sections of a relocatable ELF file and links them to one another and to this process.

    Raises: ValueError for a file that is none, is cut short, or has relocations that are not known here; OSError where the system
    does not let memory be executed.
    """
    try:
        return _Loader(content, address_of).load()
    except (struct.error, IndexError, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"this is not an object file of compiled kernels: {error!r}") from error


class _Loader:
    def __init__(self, content: bytes, address_of: Addresses) -> None:
        if content[:6] != b"\x7fELF\x02\x01":
            raise ValueError("this is not a 64-bit little-endian ELF file")
        self._content, self._address_of = content, address_of
        self._machine = struct.unpack_from("<H", content, 18)[0]
        (start,) = struct.unpack_from("<Q", content, 40)
        entry_size, count, names = struct.unpack_from("<HHH", content, 58)
        self._sections = [_Section(*struct.unpack_from("<IIQQQQIIQQ", content, start + i * entry_size)) for i in range(count)]
        self._names = self._sections[names]
        self._symbols = self._read_symbols()
        self._slots: dict[int, int] = {}
        """symbol -> place in the table of addresses"""
        self._stubs: dict[int, int] = {}

    def load(self) -> LoadedObject:
        offsets, code_bytes, data_bytes = self._lay_out()
        memory = mmap.mmap(-1, code_bytes + data_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._memory, base = memory, ctypes.addressof(ctypes.c_char.from_buffer(memory))
        self._base, self._offsets = base, offsets
        for i, offset in offsets.items():
            section = self._sections[i]
            if section.kind != NO_BITS:
                bits = self._content[section.offset : section.offset + section.size]
                if len(bits) < section.size:
                    raise ValueError("this object file is cut short")
                memory[offset : offset + section.size] = bits
        relocate = {62: self._relocate_x86_64, 183: self._relocate_aarch64}[self._machine]
        for section in self._sections:
            if section.kind == RELOCATIONS and section.info in offsets:
                bits = self._content[section.offset : section.offset + section.size]
                for place, info, addend in struct.iter_unpack("<QQq", bits):
                    relocate(offsets[section.info] + place, info & 0xFFFFFFFF, info >> 32, addend)
        _make_executable(base, code_bytes)
        symbols = {symbol.name: self._address(i) for i, symbol in enumerate(self._symbols) if symbol.section in offsets}
        return LoadedObject(symbols, memory)

    def _read_symbols(self) -> list[_Symbol]:
        table = next(section for section in self._sections if section.kind == SYMBOLS)
        names = self._sections[table.link]
        bits = self._content[table.offset : table.offset + table.size]
        return [
            _Symbol(self._text(names, name), section, value, size)
            for name, _, _, section, value, size in struct.iter_unpack("<IBBHQQ", bits)
        ]

    def _text(self, names: _Section, start: int) -> str:
        start += names.offset
        return self._content[start : self._content.index(0, start)].decode()

    def _lay_out(self) -> tuple[dict[int, int], int, int]:
        """Where each section goes, and the bytes of code and constants, then of data, in whole pages. Stubs and table come last."""
        offsets, end = dict[int, int](), 0
        wanted = [
            (i, section)
            for i, section in enumerate(self._sections)
            if section.flags & ALLOCATED and not self._text(self._names, section.name).startswith(UNWINDING)
        ]
        for writable in (False, True):
            for i, section in wanted:
                if bool(section.flags & WRITABLE) is writable:
                    offsets[i] = _rounded(end, max(section.alignment, 1))
                    end = offsets[i] + section.size
            if not writable:
                self._stubs_at = _rounded(end, STUB_BYTES)
                end = code_bytes = _rounded(self._stubs_at + STUB_BYTES * len(self._symbols), mmap.PAGESIZE)
        self._common_at: dict[int, int] = {}
        for i, symbol in enumerate(self._symbols):
            if symbol.section == COMMON:
                self._common_at[i] = _rounded(end, max(symbol.value, 1))
                end = self._common_at[i] + symbol.size
        self._table_at = _rounded(end, 8)
        return offsets, code_bytes, _rounded(self._table_at + 8 * len(self._symbols), mmap.PAGESIZE) - code_bytes

    # --- where things are ---

    def _address(self, symbol: int) -> int:
        name, section, value, _ = self._symbols[symbol]
        if section == 0:
            return self._address_of(name)
        if section == COMMON:
            return self._base + self._common_at[symbol]
        return self._base + self._offsets[section] + value

    def _slot(self, symbol: int) -> int:
        """Where the symbol's address stands in the table."""
        if symbol not in self._slots:
            at = self._slots[symbol] = self._table_at + 8 * len(self._slots)
            struct.pack_into("<Q", self._memory, at, self._address(symbol))
        return self._base + self._slots[symbol]

    def _callable(self, symbol: int) -> int:
        """Where to jump to for the symbol: what is elsewhere may be further off than a jump reaches, so that a stub does it."""
        if self._symbols[symbol].section:
            return self._address(symbol)
        if symbol not in self._stubs:
            at = self._stubs[symbol] = self._stubs_at + STUB_BYTES * len(self._stubs)
            slot, here = self._slot(symbol), self._base + at
            if self._machine == MACHINES["x86_64"]:
                stub = b"\xff\x25" + struct.pack("<i", slot - here - 6)  # jmp *slot(%rip)
            else:  # adrp x16, slot; ldr x16, [x16, slot]; br x16
                stub = struct.pack("<III", _adr(0x90000010, slot, here), 0xF9400210 | (slot & 0xFFF) >> 3 << 10, 0xD61F0200)
            self._memory[at : at + len(stub)] = stub
        return self._base + self._stubs[symbol]

    # --- relocations ---

    def _relocate_x86_64(self, place: int, kind: int, symbol: int, addend: int) -> None:
        here = self._base + place
        match kind:
            case 1:  # R_X86_64_64
                struct.pack_into("<Q", self._memory, place, self._address(symbol) + addend)
            case 2 | 4:  # R_X86_64_PC32, R_X86_64_PLT32
                struct.pack_into("<i", self._memory, place, self._callable(symbol) + addend - here)
            case 9 | 41 | 42:  # R_X86_64_GOTPCREL, R_X86_64_GOTPCRELX, R_X86_64_REX_GOTPCRELX
                struct.pack_into("<i", self._memory, place, self._slot(symbol) + addend - here)
            case _:
                raise ValueError(f"relocation {kind} of x86-64 is not known")

    def _relocate_aarch64(self, place: int, kind: int, symbol: int, addend: int) -> None:
        here = self._base + place
        (code,) = struct.unpack_from("<I", self._memory, place)
        match kind:
            case 257:  # R_AARCH64_ABS64
                struct.pack_into("<Q", self._memory, place, self._address(symbol) + addend)
                return
            case 261:  # R_AARCH64_PREL32
                struct.pack_into("<i", self._memory, place, self._address(symbol) + addend - here)
                return
            case 282 | 283:  # R_AARCH64_JUMP26, R_AARCH64_CALL26
                code |= (self._callable(symbol) + addend - here) >> 2 & 0x3FFFFFF
            case 275:  # R_AARCH64_ADR_PREL_PG_HI21
                code = _adr(code, self._address(symbol) + addend, here)
            case 311:  # R_AARCH64_ADR_GOT_PAGE
                code = _adr(code, self._slot(symbol) + addend, here)
            case 312:  # R_AARCH64_LD64_GOT_LO12_NC
                code |= (self._slot(symbol) + addend & 0xFFF) >> 3 << 10
            case 277 | 278 | 284 | 285 | 286 | 299:  # R_AARCH64_ADD_ABS_LO12_NC, R_AARCH64_LDST8_ABS_LO12_NC and 16, 32, 64, 128
                shift = {277: 0, 278: 0, 284: 1, 285: 2, 286: 3, 299: 4}[kind]
                code |= (self._address(symbol) + addend & 0xFFF) >> shift << 10
            case _:
                raise ValueError(f"relocation {kind} of aarch64 is not known")
        struct.pack_into("<I", self._memory, place, code)


def _adr(code: int, target: int, here: int) -> int:
    """The instruction adrp with the page of its target."""
    pages = (target >> 12) - (here >> 12)
    return code | (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5


def _rounded(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def _make_executable(address: int, n_bytes: int) -> None:
    """Lets the processor run what was written there, which cannot be written any more. Raises: OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(n_bytes), PROT_READ_EXECUTE):
        number = ctypes.get_errno()
        raise OSError(number, "the system does not let memory be executed")
