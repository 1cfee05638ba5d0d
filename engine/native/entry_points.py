"""Wraps compiled kernels as C functions that Python calls directly: `PyObject *f(PyObject *self, PyObject **arguments, Py_ssize_t n)`.

An entry point reads arrays and numbers straight out of Python's objects, so that a call costs less than one through numba's dispatcher or
ctypes. It calls the kernel without the interpreter's lock, and copies what comes back into arrays of numpy. Whatever the kernel was not
compiled for (another type, an array that is not contiguous, an error) goes to `self`: the function as plain Python.

Also here: the few functions of numba's run time that kernels ask for where they make arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.compiler import CompileResult

from engine.native.library import DATA_AT, DESCR_AT, DESCR_TYPE_AT, FLAGS_AT, NDIM_AT, NUMPY_TABLE, SELF_AT, SHAPE_AT, TUPLE_ITEMS_AT

BYTE, INT, LONG, DOUBLE = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.DoubleType()
POINTER = BYTE.as_pointer()
ENTRY = ir.FunctionType(POINTER, [POINTER, POINTER.as_pointer(), LONG])
ARRAY_TYPE, NEW_ARRAY = 2, 93
"""Places in numpy's table of C functions: PyArray_Type and PyArray_New. Source: numpy_api.py of numpy; they never change."""
CONTIGUOUS, ALIGNED, WRITEABLE = 0x1, 0x100, 0x400
"""numpy's flags of an array."""
BYTE_ORDER_AT, FOREIGN_ORDER = 26, ord(">")
"""The byte order of a dtype."""


def add_entry_point(module: ir.Module, name: str, kernel: CompileResult) -> None:
    """Adds the function `name`, which calls a kernel. Raises: TypeError for a type that no entry point can read or return."""
    _EntryPoint(module, name, kernel).build()


class _EntryPoint:
    def __init__(self, module: ir.Module, name: str, kernel: CompileResult) -> None:
        self._module, self._context, self._kernel = module, kernel.target_context, kernel
        self._function = ir.Function(module, ENTRY, name)
        self._builder = ir.IRBuilder(self._function.append_basic_block("entry"))
        self._otherwise = self._function.append_basic_block("otherwise")
        self._failed = self._function.append_basic_block("failed")

    def build(self) -> None:
        builder, (itself, arguments, n_arguments) = self._builder, self._function.args
        wanted = self._kernel.signature.args
        self._require(builder.icmp_signed("==", n_arguments, LONG(len(wanted))))
        objects = [builder.load(builder.gep(arguments, [LONG(i)])) for i in range(len(wanted))]
        values = [self._read(kind, thing) for kind, thing in zip(wanted, objects, strict=True)]
        kernel = self._context.declare_function(self._module, self._kernel.fndesc)
        unlocked = self._call("PyEval_SaveThread", POINTER, [])
        status, result = self._context.call_conv.call_function(builder, kernel, self._kernel.signature.return_type, wanted, values)
        self._call("PyEval_RestoreThread", ir.VoidType(), [unlocked])
        self._require(status.is_ok)
        builder.ret(self._give(self._kernel.signature.return_type, result))
        builder.position_at_end(self._otherwise)
        self._call("PyErr_Clear", ir.VoidType(), [])
        nobody = POINTER(None)
        builder.ret(self._call("PyObject_Vectorcall", POINTER, [itself, builder.bitcast(arguments, POINTER), n_arguments, nobody]))
        builder.position_at_end(self._failed)
        builder.ret(POINTER(None))

    # --- arguments ---

    def _read(self, kind: types.Type, thing: ir.Value) -> ir.Value:
        match kind:
            case types.Float():
                return self._read_float(kind, thing)
            case types.Integer():
                number = self._call("PyLong_AsLongLong", LONG, [thing])
                self._require_no_error(self._builder.icmp_signed("!=", number, LONG(-1)))
                return number if kind.bitwidth == 64 else self._builder.trunc(number, ir.IntType(kind.bitwidth))
            case types.Array():
                return self._read_array(kind, thing)
            case types.NamedTuple():
                return self._read_tuple(kind, thing)
        raise TypeError(f"an entry point cannot read {kind}")

    def _read_float(self, kind: types.Float, thing: ir.Value) -> ir.Value:
        number = self._call("PyFloat_AsDouble", DOUBLE, [thing])
        self._require_no_error(self._builder.fcmp_unordered("!=", number, DOUBLE(-1.0)))
        return number if kind.bitwidth == 64 else self._builder.fptrunc(number, ir.FloatType())

    def _read_tuple(self, kind: types.NamedTuple, thing: ir.Value) -> ir.Value:
        length = self._call("PyTuple_Size", LONG, [thing])  # -1 for anything else
        self._require(self._builder.icmp_signed("==", length, LONG(len(kind.types))))
        items = [self._field(thing, TUPLE_ITEMS_AT + 8 * i, POINTER) for i in range(len(kind.types))]
        values = [self._read(one, item) for one, item in zip(kind.types, items, strict=True)]
        made: ir.Value = self._context.make_tuple(self._builder, kind, values)
        return made

    def _read_array(self, kind: types.Array, thing: ir.Value) -> ir.Value:
        builder, dtype = self._builder, np.dtype(str(kind.dtype))
        if kind.layout != "C":
            raise TypeError(f"an entry point reads contiguous arrays, not {kind}")
        self._require(builder.icmp_unsigned("==", self._field(thing, SELF_AT, POINTER), self._numpy(ARRAY_TYPE)))
        self._require(builder.icmp_signed("==", self._field(thing, NDIM_AT, INT), INT(kind.ndim)))
        needed = CONTIGUOUS | ALIGNED | (WRITEABLE if kind.mutable else 0)
        flags = builder.and_(self._field(thing, FLAGS_AT, INT), INT(needed))
        self._require(builder.icmp_signed("==", flags, INT(needed)))
        described = self._field(thing, DESCR_AT, POINTER)
        number = self._field(described, DESCR_TYPE_AT, INT)
        same = [builder.icmp_signed("==", number, INT(one)) for one in _type_numbers(dtype)]
        self._require(same[0] if len(same) == 1 else builder.or_(*same))
        self._require(builder.icmp_unsigned("!=", self._field(described, BYTE_ORDER_AT, BYTE), BYTE(FOREIGN_ORDER)))
        return self._array_value(kind, thing, dtype)

    def _array_value(self, kind: types.Array, thing: ir.Value, dtype: np.dtype[Any]) -> ir.Value:
        """The array as numba passes it, owned by nobody."""
        builder, array = self._builder, self._context.make_array(kind)(self._context, self._builder)
        lengths = builder.bitcast(self._field(thing, SHAPE_AT, POINTER), LONG.as_pointer())
        shape = [builder.load(builder.gep(lengths, [LONG(axis)])) for axis in range(kind.ndim)]
        strides: list[ir.Value] = [LONG(dtype.itemsize)]
        for length in reversed(shape[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        n_items = shape[0]
        for length in shape[1:]:
            n_items = builder.mul(n_items, length)
        array.data = builder.bitcast(self._field(thing, DATA_AT, POINTER), array.data.type)
        array.shape, array.strides = _packed(builder, shape), _packed(builder, strides)
        array.itemsize, array.nitems = LONG(dtype.itemsize), n_items
        array.meminfo, array.parent = (ir.Constant(part.type, None) for part in (array.meminfo, array.parent))
        value: ir.Value = array._getvalue()
        return value

    # --- results ---

    def _give(self, kind: types.Type, value: ir.Value) -> ir.Value:
        """The result as a new object."""
        match kind:
            case types.NoneType():
                nothing = self._global("_Py_NoneStruct")
                self._call("Py_IncRef", ir.VoidType(), [nothing])
                return nothing
            case types.Array():
                return self._give_array(kind, value)
            case types.BaseTuple():
                given = [self._give(one, self._builder.extract_value(value, i)) for i, one in enumerate(kind)]
                made = self._made(self._call("PyTuple_New", POINTER, [LONG(len(given))]))
                for i, item in enumerate(given):
                    self._call("PyTuple_SetItem", INT, [made, LONG(i), item])
                return made
        raise TypeError(f"an entry point cannot return {kind}")

    def _give_array(self, kind: types.Array, value: ir.Value) -> ir.Value:
        if kind.layout != "C":
            raise TypeError(f"an entry point returns contiguous arrays, not {kind}: make it one in the kernel")
        builder, dtype = self._builder, np.dtype(str(kind.dtype))
        array = self._context.make_array(kind)(self._context, builder, value=value)
        with builder.goto_entry_block():
            lengths = builder.alloca(LONG, kind.ndim)
        for axis in range(kind.ndim):
            builder.store(builder.extract_value(array.shape, axis), builder.gep(lengths, [LONG(axis)]))
        table = ir.FunctionType(POINTER, [POINTER, INT, LONG.as_pointer(), INT, POINTER, POINTER, INT, INT, POINTER]).as_pointer()
        new, nothing = builder.bitcast(self._numpy(NEW_ARRAY), table), POINTER(None)
        arguments = [self._numpy(ARRAY_TYPE), INT(kind.ndim), lengths, INT(dtype.num), nothing, nothing, INT(0), INT(0), nothing]
        made = self._made(builder.call(new, arguments))
        n_bytes = builder.mul(array.nitems, LONG(dtype.itemsize))
        self._call("memcpy", POINTER, [self._field(made, DATA_AT, POINTER), builder.bitcast(array.data, POINTER), n_bytes])
        self._context.nrt.decref(builder, kind, value)
        return made

    # --- pieces ---

    def _require(self, condition: ir.Value) -> None:
        """Goes on only if it is true."""
        after = self._function.append_basic_block()
        self._builder.cbranch(condition, after, self._otherwise)
        self._builder.position_at_end(after)

    def _require_no_error(self, surely: ir.Value) -> None:
        """Goes on if a number is surely not the one that stands for an error, or else if there was none."""
        after, ask = self._function.append_basic_block(), self._function.append_basic_block()
        self._builder.cbranch(surely, after, ask)
        self._builder.position_at_end(ask)
        error = self._call("PyErr_Occurred", POINTER, [])
        self._builder.cbranch(self._builder.icmp_unsigned("==", error, POINTER(None)), after, self._otherwise)
        self._builder.position_at_end(after)

    def _made(self, thing: ir.Value) -> ir.Value:
        """A new object; where there is no memory for it, the exception that says so is raised."""
        after = self._function.append_basic_block()
        self._builder.cbranch(self._builder.icmp_unsigned("!=", thing, POINTER(None)), after, self._failed)
        self._builder.position_at_end(after)
        return thing

    def _field(self, thing: ir.Value, offset: int, kind: ir.Type) -> ir.Value:
        at = self._builder.gep(thing, [LONG(offset)])
        return self._builder.load(self._builder.bitcast(at, kind.as_pointer()))

    def _numpy(self, place: int) -> ir.Value:
        """A pointer of numpy's table."""
        return self._field(self._global(NUMPY_TABLE), 8 * place, POINTER)

    def _global(self, name: str) -> ir.Value:
        return self._module.globals.get(name) or ir.GlobalVariable(self._module, BYTE, name)

    def _call(self, name: str, result: ir.Type, arguments: Sequence[ir.Value]) -> ir.Value:
        known = self._module.globals.get(name) or ir.Function(
            self._module, ir.FunctionType(result, [argument.type for argument in arguments]), name
        )
        return self._builder.call(known, arguments)


def _type_numbers(dtype: np.dtype[Any]) -> list[int]:
    """numpy's numbers of a type: whole numbers of 64 bits have two."""
    return sorted({np.dtype(char).num for char in "bBhHiIlLqQfd" if np.dtype(char) == dtype})


def _packed(builder: ir.IRBuilder, values: list[ir.Value]) -> ir.Value:
    packed: ir.Value = ir.Constant(ir.ArrayType(LONG, len(values)), ir.Undefined)
    for i, value in enumerate(values):
        packed = builder.insert_value(packed, value, i)
    return packed


# --- numba's run time ---


COUNT_AT, DESTRUCTOR_AT, DATA_POINTER_AT, SIZE_AT, HEADER_BYTES = 0, 8, 24, 32, 64
"""Bytes from the beginning of a block of memory to what numba's code reads of its header: see nrtdynmod.py of numba."""


def add_run_time(module: ir.Module) -> None:
    """Adds what makes and frees memory: for arrays, with a header before their data, and without."""
    sized = ir.FunctionType(POINTER, [LONG])
    reserve, free = ir.Function(module, sized, "malloc"), ir.Function(module, ir.FunctionType(ir.VoidType(), [POINTER]), "free")
    allocate = ir.Function(module, ir.FunctionType(POINTER, [LONG, INT]), "NRT_MemInfo_alloc_aligned")
    builder = ir.IRBuilder(allocate.append_basic_block())
    size, alignment = allocate.args[0], builder.zext(allocate.args[1], LONG)
    block = builder.call(reserve, [builder.add(builder.add(size, alignment), LONG(HEADER_BYTES))])
    with builder.if_then(builder.icmp_unsigned("==", block, POINTER(None)), likely=False):
        builder.ret(block)
    end = builder.add(builder.ptrtoint(block, LONG), builder.add(alignment, LONG(HEADER_BYTES - 1)))
    data = builder.and_(end, builder.neg(alignment))
    for offset, value in ((COUNT_AT, LONG(1)), (DESTRUCTOR_AT, LONG(0)), (DATA_POINTER_AT, data), (SIZE_AT, size)):
        builder.store(value, builder.bitcast(builder.gep(block, [LONG(offset)]), LONG.as_pointer()))
    builder.ret(block)
    for name, same in (("NRT_MemInfo_alloc", [INT(16)]), ("NRT_Allocate", [])):
        function = ir.Function(module, sized, name)
        builder = ir.IRBuilder(function.append_basic_block())
        builder.ret(builder.call(allocate if same else reserve, [*function.args, *same]))
    for name in ("NRT_MemInfo_call_dtor", "NRT_Free"):
        function = ir.Function(module, free.function_type, name)
        builder = ir.IRBuilder(function.append_basic_block())
        builder.call(free, function.args)
        builder.ret_void()
