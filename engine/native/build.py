"""`python -m engine.native.build`: compiles the kernels for this processor, so that the engine needs no compiler when it runs.

It takes half a minute, once. `make` does it, and so does the engine in the background where nobody has. numba compiles each kernel to
LLVM's language; LLVM makes one object file of them all, with an entry point for each that Python can call.
"""

from __future__ import annotations

import argparse
import fcntl
import importlib
import os
import sys
from collections import namedtuple
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine import jit
from engine.files import write_whole
from engine.native import place
from engine.native.library import Library

WRITTEN = "written "
LLVM_NAMES = {"aarch64": ("generic", ""), "x86-64-v4-vnni": ("x86-64-v4", "+avx512vnni"), "x86-64-v3-vnni": ("x86-64-v3", "+avxvnni")}
"""level -> what LLVM calls its processors and what they have besides, if that is not the level's own name and nothing"""
UNWRAP = "__excinfo_unwrap_args"
"""What numba makes for each kernel anew, under the same name; pycc has it once, too."""


def compile_kernels() -> bytes:
    """The object file of all kernels of `jit.MODULES`, for the processor that numba compiles for.

    Raises: whatever numba and LLVM raise; TypeError for a type that no entry point can read or return.
    """
    from llvmlite import binding
    from numba import njit
    from numba.core.compiler import Flags, compile_extra
    from tqdm import tqdm

    from engine.native.entry_points import add_entry_point, add_run_time

    jit.keeps = False
    jit.use("jit")
    for module in jit.MODULES:
        importlib.import_module(module)
    entries, parts = None, []
    kernels = [kernel for kernel in jit.KERNELS.values() if kernel.types]
    for kernel in tqdm(kernels, desc="compiling kernels", disable=not sys.stderr.isatty()):
        dispatcher = njit(fastmath=set(kernel.fastmath))(kernel.function)
        target, flags = dispatcher.targetdescr, Flags()
        context, typing = target.target_context, target.typing_context
        context.refresh()
        typing.refresh()
        target.options.parse_as_flags(flags, dispatcher.targetoptions)
        flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        compiled = compile_extra(typing, context, kernel.function, tuple(map(_type, kernel.types)), None, flags, locals={})
        if entries is None:
            entries = context.codegen().create_library("entry points").create_ir_module("entry points")
            add_run_time(entries)
        add_entry_point(entries, kernel.name, compiled)
        parts.append(compiled.library.get_llvm_str())
    linked = binding.parse_assembly(str(entries))
    for text in parts:
        part = binding.parse_assembly(text)
        for function in part.functions:
            if function.name.startswith(UNWRAP):
                function.linkage = "linkonce_odr"
        linked.link_in(part)
    names = {kernel.name for kernel in kernels}
    for value in (*linked.functions, *linked.global_variables):
        if not value.is_declaration and value.name not in names:
            value.linkage = "internal"
    linked.verify()
    triple, processor, features = context.codegen().magic_tuple()
    machine = binding.Target.from_triple(triple).create_target_machine(
        cpu=processor, features=features, opt=3, reloc="pic", codemodel="small"
    )
    passes = binding.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(linked, binding.create_pass_builder(machine, binding.create_pipeline_tuning_options()))
    built: bytes = machine.emit_object(linked)
    return built


def _type(description: jit.Types) -> Any:
    """numba's type for a description as in `jit.Types`. Arrays are contiguous, and cannot be written unless it says so."""
    from numba import types

    if isinstance(description, Mapping):
        fields = namedtuple("Fields", tuple(description))  # type: ignore[misc]
        return types.NamedTuple([_type(one) for one in description.values()], fields)
    name, _, axes = description.removeprefix(WRITTEN).partition("[")
    scalar = getattr(types, name)
    return types.Array(scalar, axes.count(":"), "C", readonly=not description.startswith(WRITTEN)) if axes else scalar


def build(folder: Path) -> Path:
    """Compiles the kernels, tries them, and keeps them in the folder, in place of older ones; nothing is done where they are there.

    Several processes may do this at once: one compiles, and the others wait for it. Raises: as `compile_kernels`; ValueError, OSError.
    """
    path = folder / place.file_name()
    with _only_one(folder):
        if not path.is_file():
            unfinished = path.with_name(f".{path.name}")
            write_whole(unfinished, compile_kernels())
            library = Library(unfinished)
            for name, kernel in jit.KERNELS.items():
                if kernel.types:
                    library.function(name, kernel.plain)
            for older in folder.glob(f"kernels.{place.processor()[0]}.*"):
                older.unlink(missing_ok=True)
            unfinished.replace(path)
    return path


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Waits until no other process is in this block."""
    with (folder / ".kernels.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def warm_up_numba() -> None:
    """Fills numba's cache with what a swipe needs, where nothing can be compiled ahead."""
    from engine.recognizer import SwipeRecognizer

    jit.keeps = True
    jit.use("jit")
    SwipeRecognizer.load().warm_up("so")


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m engine.native.build", description=__doc__)
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="where to put it (default: beside the code, or in the cache folder)")
    parser.add_argument(
        "--level", choices=place.LEVELS, help="compile for all processors of a kind, as wheels have it (default: for this one)"
    )
    parser.add_argument("--nice", type=int, default=0, metavar="N", help="how much to stand back for other programs (default: %(default)s)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    os.nice(options.nice)
    if not jit.has_numba():
        print("numba is not installed, or NUMBA_DISABLE_JIT is set: the kernels run as plain Python", file=sys.stderr)
        return 1
    folder = options.into or place.writable_folder()
    if folder is None:
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    if options.level:
        # numba reads the variables when it is imported; LLVM knows the features by the name
        name, features = LLVM_NAMES.get(options.level, (options.level, ""))
        os.environ.update(NUMBA_CPU_NAME=name, NUMBA_CPU_FEATURES=features)
        write_whole(folder / place.prebuilt_name(options.level), compile_kernels())
        return 0
    try:
        print(build(folder))
    except Exception as error:  # whatever it is that numba, LLVM or this system cannot do
        print(f"the kernels cannot be compiled ahead, numba compiles them as they are needed: {error!r}", file=sys.stderr)
        place.failure_file(folder).write_text(f"{error!r}\n", encoding="utf-8")
        if not isinstance(error, ImportError):
            warm_up_numba()
        return 1
    return 0


def main() -> None:
    try:
        sys.exit(run(parse_args(sys.argv[1:])))
    except OSError as error:
        sys.exit(f"engine.native.build: {error}")


if __name__ == "__main__":
    main()
