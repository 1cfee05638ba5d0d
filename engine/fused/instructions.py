"""The products of `engine.fused.products` in the processor's own instructions: what numba compiles in their place.

A tile's sums stay in registers. Bytes are multiplied four at a time by VNNI's instruction, where there is one; elsewhere one by one, so
that every processor has something to compile; onnxruntime is faster there. Both give the same sums.
Source: Intel 64 and IA-32 Architectures Software Developer's Manual, VPDPBUSD.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.base import BaseContext
from numba.extending import intrinsic, overload

from engine.fused import products
from engine.fused.products import COLUMNS, GROUP, ROWS

BYTE, INT, LONG, FLOAT = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
FOUR_BYTES = 4
EXPONENT_BIAS, MANTISSA_BITS = 127, 23
"""Of a float32."""


class Multiplier(NamedTuple):
    """How a processor multiplies bytes."""

    lanes: int
    """sums in a register"""
    rows: int
    """of a tile's that fit into its registers at once"""
    dot: Callable[[ir.IRBuilder, ir.Value, ir.Value, ir.Value], ir.Value]
    """sums, four unsigned bytes for each, four signed bytes for each -> the sums with their products"""


def multiplier(features: str) -> Multiplier:
    """The fastest that a processor has. features: as LLVM lists them, with + before those that are there."""
    found = features.split(",")
    if "+avx512vnni" in found:
        return Multiplier(16, ROWS, _vnni)
    return Multiplier(8, 2, _vnni if "+avxvnni" in found else _one_by_one)


def _vnni(builder: ir.IRBuilder, sums: ir.Value, unsigned: ir.Value, signed: ir.Value) -> ir.Value:
    return _call(builder, f"llvm.x86.avx512.vpdpbusd.{32 * sums.type.count}", sums.type, [sums, unsigned, signed])


def _one_by_one(builder: ir.IRBuilder, sums: ir.Value, unsigned: ir.Value, signed: ir.Value) -> ir.Value:
    kind = sums.type
    for place in range(GROUP):
        up, down = _all_equal(kind, 24 - 8 * place), _all_equal(kind, 24)
        left, right = builder.lshr(builder.shl(unsigned, up), down), builder.ashr(builder.shl(signed, up), down)
        sums = builder.add(sums, builder.mul(left, right))
    return sums


def _call(builder: ir.IRBuilder, name: str, result: ir.Type, arguments: Sequence[ir.Value]) -> ir.Value:
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _all_equal(kind: ir.VectorType, value: float) -> ir.Constant:
    return ir.Constant(kind, [value] * kind.count)


def _filled(builder: ir.IRBuilder, value: ir.Value, lanes: int) -> ir.Value:
    """A register with the value in each lane."""
    nothing = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    return builder.shuffle_vector(builder.insert_element(nothing, value, INT(0)), nothing, _all_equal(ir.VectorType(INT, lanes), 0))


def _load(builder: ir.IRBuilder, pointer: ir.Value, kind: ir.Type) -> ir.Value:
    value = builder.load(builder.bitcast(pointer, kind.as_pointer()))
    value.align = 1
    return value


def _store(builder: ir.IRBuilder, value: ir.Value, pointer: ir.Value) -> None:
    builder.store(value, builder.bitcast(pointer, value.type.as_pointer())).align = 1


class _Arguments:
    """What an intrinsic is called with."""

    def __init__(self, context: BaseContext, builder: ir.IRBuilder, signature: Any, values: Sequence[ir.Value]) -> None:
        self._context, self._builder, self._kinds, self._values = context, builder, signature.args, values

    def number(self, index: int) -> ir.Value:
        return self._context.cast(self._builder, self._values[index], self._kinds[index], types.int64)

    def array(self, index: int) -> _Array:
        array = self._context.make_array(self._kinds[index])(self._context, self._builder, self._values[index])
        return _Array(self._builder, array, self._kinds[index].ndim)


class _Array:
    def __init__(self, builder: ir.IRBuilder, array: Any, n_axes: int) -> None:
        self._builder, self._data = builder, builder.bitcast(array.data, BYTE.as_pointer())
        self.lengths = [builder.extract_value(array.shape, axis) for axis in range(n_axes)]
        self.strides = [builder.extract_value(array.strides, axis) for axis in range(n_axes)]

    def at(self, *indices: ir.Value) -> ir.Value:
        """The address of an item."""
        offset = LONG(0)
        for index, stride in zip(indices, self.strides, strict=True):
            offset = self._builder.add(offset, self._builder.mul(index, stride))
        return self._builder.gep(self._data, [offset])


def _shifted(builder: ir.IRBuilder, start: ir.Value, n: int, step: int = 1) -> list[ir.Value]:
    """start, start + step, and so on."""
    return [builder.add(start, LONG(step * i)) for i in range(n)]


def _sum_up(
    builder: ir.IRBuilder,
    depth: ir.Value,
    sums: list[ir.Value],
    left: Sequence[tuple[ir.Value, ir.Value]],
    right: Callable[[ir.Value], list[ir.Value]],
    add: Callable[[ir.Value, ir.Value, ir.Value], ir.Value],
) -> list[ir.Value]:
    """The sums, row by row, with `depth` products each added.

    left: of each row, the address of its first value, and the bytes from one to the next. right: a step's registers, which meet each of
    these values.
    """
    kind, before = sums[0].type, builder.block
    loop, after = builder.append_basic_block(), builder.append_basic_block()
    builder.cbranch(builder.icmp_signed(">", depth, LONG(0)), loop, after)
    builder.position_at_end(loop)
    step, held = builder.phi(LONG), [builder.phi(kind) for _ in sums]
    columns, added = right(step), []
    for row, (start, apart) in enumerate(left):
        value = _filled(builder, _load(builder, builder.gep(start, [builder.mul(step, apart)]), kind.element), kind.count)
        for place, column in enumerate(columns):
            added.append(add(held[row * len(columns) + place], value, column))
    following = builder.add(step, LONG(1))
    for phi, first, later in zip([step, *held], [LONG(0), *sums], [following, *added], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(later, loop)
    builder.cbranch(builder.icmp_signed("<", following, depth), loop, after)
    builder.position_at_end(after)
    found = [builder.phi(kind) for _ in sums]
    for phi, first, later in zip(found, sums, added, strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(later, loop)
    return found


@intrinsic
def _multiply_bytes(  # noqa: PLR0913
    typing: Any, values: Any, row: Any, weights: Any, at: Any, starts: Any, scales: Any, biases: Any, column: Any, out: Any, out_column: Any
) -> Any:
    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Any, arguments: Sequence[ir.Value]) -> ir.Value:
        given = _Arguments(context, builder, signature, arguments)
        left, weights, starts, scales, biases, out = (given.array(index) for index in (0, 2, 4, 5, 6, 8))
        lanes, n_rows, dot = multiplier(context.codegen().magic_tuple()[2])
        depth, floats, ints = builder.lshr(left.lengths[1], LONG(2)), ir.VectorType(FLOAT, lanes), ir.VectorType(INT, lanes)
        columns, group = _shifted(builder, given.number(7), COLUMNS // lanes, lanes), LONG(COLUMNS * GROUP)

        def right(step: ir.Value) -> list[ir.Value]:
            here = weights.at(builder.add(given.number(3), builder.mul(step, group)))
            return [_load(builder, builder.gep(here, [LONG(GROUP * lanes * i)]), ints) for i in range(COLUMNS // lanes)]

        for first in range(0, ROWS, n_rows):
            rows = _shifted(builder, builder.add(given.number(1), LONG(first)), n_rows)
            sums = [_load(builder, starts.at(one), ints) for _ in rows for one in columns]
            groups = [(left.at(row, LONG(0)), LONG(GROUP)) for row in rows]
            sums = _sum_up(builder, depth, sums, groups, right, lambda *parts: dot(builder, *parts))
            places = [(row, place) for row in rows for place in range(len(columns))]
            for (row, place), total in zip(places, sums, strict=True):
                scaled = builder.fmul(builder.sitofp(total, floats), _load(builder, scales.at(columns[place]), floats))
                to = out.at(row, builder.add(given.number(9), LONG(lanes * place)))
                _store(builder, builder.fadd(scaled, _load(builder, biases.at(columns[place]), floats)), to)
        return context.get_dummy_value()

    return types.void(values, row, weights, at, starts, scales, biases, column, out, out_column), generate


@intrinsic
def _multiply_floats(  # noqa: PLR0913
    typing: Any,
    left: Any,
    row: Any,
    column: Any,
    right: Any,
    right_row: Any,
    right_column: Any,
    depth: Any,
    out: Any,
    out_row: Any,
    out_column: Any,
) -> Any:
    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Any, arguments: Sequence[ir.Value]) -> ir.Value:
        given = _Arguments(context, builder, signature, arguments)
        left, right, out = (given.array(index) for index in (0, 3, 7))
        lanes, n_rows, _ = multiplier(context.codegen().magic_tuple()[2])
        floats = ir.VectorType(FLOAT, lanes)
        beside = range(COLUMNS // lanes)

        def columns(step: ir.Value) -> list[ir.Value]:
            here = right.at(builder.add(given.number(4), step), given.number(5))
            return [_load(builder, builder.gep(here, [LONG(FOUR_BYTES * lanes * i)]), floats) for i in beside]

        for first in range(0, ROWS, n_rows):
            rows = _shifted(builder, builder.add(given.number(1), LONG(first)), n_rows)
            starts = [(left.at(one, given.number(2)), left.strides[1]) for one in rows]
            below = _shifted(builder, builder.add(given.number(8), LONG(first)), n_rows)
            places = [out.at(one, builder.add(given.number(9), LONG(lanes * i))) for one in below for i in beside]
            sums = [_load(builder, place, floats) for place in places]

            def add(total: ir.Value, one: ir.Value, other: ir.Value) -> ir.Value:
                return _call(builder, f"llvm.fma.v{lanes}f32", floats, [one, other, total])

            for place, total in zip(places, _sum_up(builder, given.number(6), sums, starts, columns, add), strict=True):
                _store(builder, total, place)
        return context.get_dummy_value()

    return types.void(left, row, column, right, right_row, right_column, depth, out, out_row, out_column), generate


@intrinsic
def _to_the_power_of_two(typing: Any, exponent: Any) -> Any:
    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Any, arguments: Sequence[ir.Value]) -> ir.Value:
        return builder.bitcast(builder.shl(builder.add(arguments[0], INT(EXPONENT_BIAS)), INT(MANTISSA_BITS)), FLOAT)

    return types.float32(types.int32), generate


@intrinsic
def _has_instruction(typing: Any) -> Any:
    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Any, arguments: Sequence[ir.Value]) -> ir.Value:
        return ir.IntType(1)(multiplier(context.codegen().magic_tuple()[2]).dot is _vnni)

    return types.boolean(), generate


@intrinsic
def _flat(typing: Any, x: Any) -> Any:
    result = types.Array(x.dtype, 1, "C", readonly=not x.mutable)

    def generate(context: BaseContext, builder: ir.IRBuilder, signature: Any, arguments: Sequence[ir.Value]) -> ir.Value:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        view = context.make_array(result)(context, builder)
        view.data, view.itemsize, view.nitems = array.data, array.itemsize, array.nitems
        view.shape, view.strides = (cgutils.pack_array(builder, [one]) for one in (array.nitems, array.itemsize))
        view.meminfo, view.parent = (ir.Constant(part.type, None) for part in (view.meminfo, view.parent))  # x lives longer
        return view._getvalue()

    return result(x), generate


overload(products.to_the_power_of_two, inline="always")(lambda exponent: lambda exponent: _to_the_power_of_two(exponent))
overload(products.flat, inline="always")(lambda x: lambda x: _flat(x))
overload(products.has_instruction, inline="always")(lambda: lambda: _has_instruction())
overload(products.multiply_bytes, inline="always")(
    lambda values, row, weights, at, starts, scales, biases, column, out, out_column: (
        lambda values, row, weights, at, starts, scales, biases, column, out, out_column: _multiply_bytes(
            values, row, weights, at, starts, scales, biases, column, out, out_column
        )
    )
)
overload(products.multiply_floats, inline="always")(
    lambda left, row, column, right, right_row, right_column, depth, out, out_row, out_column: (
        lambda left, row, column, right, right_row, right_column, depth, out, out_row, out_column: _multiply_floats(
            left, row, column, right, right_row, right_column, depth, out, out_row, out_column
        )
    )
)
