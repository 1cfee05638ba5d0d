"""Python functions from an object file of compiled kernels. numba has no part in it."""

from __future__ import annotations

import ctypes
import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.native import object_file

FASTCALL = 0x80
"""METH_FASTCALL: called with an array of its arguments."""
SELF_AT, TUPLE_ITEMS_AT, DESCR_TYPE_AT = 8, 24, 28
"""Bytes from the beginning of any object to its type, of a tuple to its items, of a dtype to its number."""
DATA_AT, NDIM_AT, SHAPE_AT, DESCR_AT, FLAGS_AT = 16, 24, 32, 56, 64
"""Bytes from the beginning of an array to its fields. Source: PyArrayObject_fields in numpy's ndarraytypes.h, the same in 1.x and 2.x."""
NUMPY_TABLE = "PyArray_API"
"""What compiled kernels call numpy's table of C functions."""


class _MethodDef(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


_python = ctypes.PyDLL(None)
_new_function = _python.PyCFunction_NewEx
_new_function.restype, _new_function.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)


class Library:
    """An object file, loaded. Its functions live as long as the process."""

    def __init__(self, path: Path) -> None:
        """Raises: ValueError for a file that is none, or a Python or a numpy that lays its objects out otherwise; OSError."""
        check_layout()
        self._object = object_file.load(path.read_bytes(), address_of)

    def function(self, name: str, otherwise: Callable[..., Any]) -> Any:
        """The kernel of that name. otherwise: what is called with arguments of other types than it was compiled for, or if it fails.

        Raises: ValueError if there is none.
        """
        address = self._object.symbols.get(name)
        if address is None:
            raise ValueError(f"no kernel '{name}' was compiled")
        doc = otherwise.__doc__.encode() if otherwise.__doc__ else None
        method = _MethodDef(name.rpartition(".")[2].encode(), address, FASTCALL, doc)
        _kept.append((method, self._object))
        return _new_function(ctypes.addressof(method), otherwise, None)


_kept: list[object] = []
"""What the functions need, which Python does not know of."""


def check_layout() -> None:
    """Raises: ValueError where objects do not lie in the memory as compiled kernels take for granted: in a free-threaded Python."""
    array, pair = np.zeros((2, 3), np.float64), (None, NUMPY_TABLE)
    found = [
        _read(ctypes.c_void_p, array, SELF_AT) == id(np.ndarray),
        _read(ctypes.c_void_p, pair, TUPLE_ITEMS_AT + 8) == id(NUMPY_TABLE),
        _read(ctypes.c_void_p, array, DATA_AT) == array.ctypes.data,
        _read(ctypes.c_int, array, NDIM_AT) == 2,
        _read(ctypes.c_void_p, array, DESCR_AT) == id(array.dtype),
        _read(ctypes.c_int, array.dtype, DESCR_TYPE_AT) == array.dtype.num,
        _read(ctypes.c_int, array, FLAGS_AT) == array.flags.num,
    ]
    if ctypes.sizeof(ctypes.c_void_p) != 8 or not all(found):
        raise ValueError("this Python or numpy lays its objects out in another way than compiled kernels know")


def _read(kind: Any, thing: object, offset: int) -> Any:
    return kind.from_address(id(thing) + offset).value


def address_of(name: str) -> int:
    """Where this process has a function of C, of Python or of numpy. Raises: ValueError for what it has not."""
    if name == NUMPY_TABLE:
        return _numpy_table()
    for library in (_python, _mathematics()):
        try:
            return ctypes.addressof(ctypes.c_char.in_dll(library, name))
        except ValueError:
            continue
    raise ValueError(f"compiled kernels need '{name}', which is not known")


@functools.cache
def _mathematics() -> ctypes.CDLL:
    try:
        return ctypes.CDLL("libm.so.6")
    except OSError:  # not glibc: it is a part of what Python is linked to
        return _python


def _numpy_table() -> int:
    core = importlib.import_module(f"numpy.{'core' if np.__version__ < '2' else '_core'}._multiarray_umath")
    pointer = _python.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    address: int = pointer(core._ARRAY_API, None)
    return address
