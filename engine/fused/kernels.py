"""The key reader's encoder and decoder, each in one kernel: the sums of training.key_reader.network, its products by weights in 8 bits.

One swipe's 32 frames fit into a core's nearest cache, so half of onnxruntime's time is not for products but for all that lies between them:
some 160 small operators. Here they are loops over arrays that are still there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.fused.products import COLUMNS, ROWS, flat, has_instruction, multiply_bytes, multiply_floats, to_the_power_of_two
from engine.jit import kernel

PRODUCTS = {
    "weights": "int8[:]",
    "starts": "int32[:]",
    "scales": "float32[:]",
    "biases": "float32[:]",
    "places": "int64[:, :]",
    "steps": "float32[:, :]",
    "norms": "float32[:, :, :]",
}
OTHERS = ("points", "positions", "waves")
ENCODER = {**PRODUCTS, "depthwise": "float32[:, :, :]", **dict.fromkeys(OTHERS, "float32[:, :]")}
"""sessions.EncoderWeights"""
STEP = {**PRODUCTS, "positions": "float32[:, :]"}
"""sessions.StepWeights"""
QUICK = ("reassoc", "contract", "nsz", "nnan")
"""LLVM may add in another order, so that it can add several numbers at once."""
N_TAPS = 7
"""Frames that a convolution sees."""
HEAD_WIDTH = COLUMNS

# float32, as all that is computed with them: numba would go on in float64 with Python's numbers
NOTHING, ONE = np.float32(0.0), np.float32(1.0)
FAR = np.float32(1e30)
EPSILON = np.float32(1e-5)
"""Added to a variance."""
SLOPES = np.array([-0.5 / 0.35**2, -0.5 / 0.9**2], np.float32)
"""Of the windows around a point, over squared distances."""
ACROSS = np.float32(3.0)
"""Keys in a unit of a trajectory's first column."""
NEAR, FALL, LEAST = np.float32(4.0), np.float32(2.5), np.float32(1e-6)
"""A key's nearness at no distance, before the sigmoid, how fast it falls with the distance, and what keeps its root smooth."""
STEEPNESS = np.float32(2.0)
LOWEST, HIGHEST = np.float32(-80.0), np.float32(80.0)
"""Beyond them a power of e counts as theirs: of hundreds, a float32 still holds the sum."""
PER_LN2, LN2_HIGH, LN2_LOW = np.float32(1.4426950408889634), np.float32(0.693145751953125), np.float32(1.428606765330187e-06)
PER_HALF_TURN, HALF_TURN_HIGH, HALF_TURN_LOW = np.float32(0.3183098861837907), np.float32(3.140625), np.float32(9.6765358979e-4)
E2, E3, E4, E5, E6 = (np.float32(value) for value in (0.5, 0.16666667, 0.041666668, 0.008333334, 0.0013888889))
S3, S5, S7, S9 = (np.float32(value) for value in (-0.16666667, 0.008333333, -0.00019841270, 2.7557319e-06))
QUARTER_TURN = np.float32(1.5707963267948966)
LARGEST_BYTE = np.float32(255.0)


@kernel("written int64[:]")
def note_speed(is_fast: Any) -> None:
    """Sets is_fast (1,) to 1 where these kernels are faster than onnxruntime, to 0 elsewhere."""
    is_fast[0] = 1 if has_instruction() else 0


@kernel()
def exponential(x: Any) -> Any:
    """e to the power of x, to 2 units of the last place, without a branch: so loops over it can be computed several items at once."""
    x = min(max(x, LOWEST), HIGHEST)
    n = np.rint(x * PER_LN2)
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    series = ((((E6 * r + E5) * r + E4) * r + E3) * r + E2) * r * r + r + ONE
    return series * to_the_power_of_two(np.int32(n))


@kernel()
def sine(x: Any) -> Any:
    """sin x, to 1e-6 for |x| below 100, without a branch."""
    n = np.rint(x * PER_HALF_TURN)
    r = (x - n * HALF_TURN_HIGH) - n * HALF_TURN_LOW
    r2 = r * r
    series = r + r * r2 * (S3 + r2 * (S5 + r2 * (S7 + r2 * S9)))
    return series * (ONE - np.float32(2.0) * np.float32(np.int32(n) & 1))


@kernel()
def sigmoid(x: Any) -> Any:
    return np.reciprocal(ONE + exponential(-x))


@kernel(fastmath=QUICK)
def multiply_all(weights: Any, product: Any, values: Any, out: Any) -> None:
    """out = values @ the weights of a product + their bias. values: uint8 (n, D); out: float32 (n, whole tiles)."""
    at, column = weights.places[product, 0], weights.places[product, 1]
    starts, scales, biases = weights.starts, weights.scales, weights.biases
    for left in range(0, out.shape[1], COLUMNS):
        tile = at + left * values.shape[1]
        for top in range(0, out.shape[0], ROWS):
            multiply_bytes(values, top, weights.weights, tile, starts, scales, biases, column + left, out, left)


@kernel(fastmath=QUICK)
def normalize(x: Any, norm: Any, out: Any) -> None:
    """LayerNorm, row by row; norm: its weights and its biases. out may be x."""
    width = x.shape[1]
    for row in range(x.shape[0]):
        total = NOTHING
        for j in range(width):
            total += x[row, j]
        mean = total / np.float32(width)
        spread = NOTHING
        for j in range(width):
            spread += (x[row, j] - mean) * (x[row, j] - mean)
        factor = ONE / np.sqrt(spread / np.float32(width) + EPSILON)
        for j in range(width):
            out[row, j] = (x[row, j] - mean) * factor * norm[0, j] + norm[1, j]


@kernel()
def to_byte(x: Any, step: Any) -> Any:
    """x in whole steps, from 0 to 255. step: its length, and how many steps 0 is at."""
    whole = np.rint(np.divide(x, step[0])) + step[1]
    return np.uint8(np.int32(min(max(whole, NOTHING), LARGEST_BYTE)))


@kernel()
def to_bytes(x: Any, step: Any, out: Any) -> None:
    """Each number as `to_byte`."""
    numbers, values = flat(x), flat(out)
    for i in range(len(numbers)):
        values[i] = to_byte(numbers[i], step)


@kernel()
def activate(x: Any) -> None:
    """x times the sigmoid of x."""
    numbers = flat(x)
    for i in range(len(numbers)):
        numbers[i] *= sigmoid(numbers[i])


@kernel()
def add(x: Any, y: Any) -> None:
    """x += y"""
    numbers, others = flat(x), flat(y)
    for i in range(len(numbers)):
        numbers[i] += others[i]


@kernel(fastmath=QUICK)
def look_around(points: Any, around: Any, squares: Any, seen: Any, nearness: Any) -> None:
    """What each point sees of the keys, as the network's `look_around`.

    points (2, N), around (K, 4). Fills squares and nearness (K, N), and the last rows of seen (F + 3 R, N): of each window, the mean
    offset of the keys in it and their mean distance.
    """
    n_keys, n_points, first = len(around), points.shape[1], len(seen) - 3 * len(SLOPES)
    nearest, total, share = np.full(n_points, FAR), np.empty(n_points, np.float32), np.empty(n_points, np.float32)
    for key in range(n_keys):
        for i in range(n_points):
            dx, dy = points[0, i] - around[key, 0], points[1, i] - around[key, 1]
            square = dx * dx + dy * dy
            squares[key, i] = square
            nearest[i] = min(nearest[i], square)
    apart, near = flat(squares), flat(nearness)
    for i in range(len(apart)):
        near[i] = sigmoid(NEAR - FALL * np.sqrt(apart[i] + LEAST))
    for window in range(len(SLOPES)):
        slope, right, down, far = SLOPES[window], first + 3 * window, first + 3 * window + 1, first + 3 * window + 2
        seen[right : far + 1] = NOTHING
        total[:] = NOTHING
        for key in range(n_keys):
            x, y = around[key, 0], around[key, 1]
            for i in range(n_points):
                share[i] = exponential((squares[key, i] - nearest[i]) * slope)
            for i in range(n_points):
                total[i] += share[i]
                seen[right, i] += share[i] * x
                seen[down, i] += share[i] * y
                seen[far, i] += share[i] * squares[key, i]
        for i in range(n_points):
            whole = np.reciprocal(total[i])
            seen[right, i] = seen[right, i] * whole - points[0, i]
            seen[down, i] = seen[down, i] * whole - points[1, i]
            seen[far, i] = np.sqrt(seen[far, i] * whole)


@kernel(fastmath=QUICK)
def attend(queries: Any, others: Any, key_column: int, value_column: int, mask: Any, mixed: Any) -> None:
    """Attention, head by head; fills mixed (n, D), n being whole tiles.

    queries: the first D columns of an array of n rows. others: rows with keys and values, D each from those columns on. mask: added to the
    scores of the first rows and columns, past which no column is seen; (0, 0) if all are. The softmax is divided by its sums in the
    end, for all heads at once. Nothing is taken off its scores before: they are far below what `exponential` ends at.
    """
    (n, width), n_seen = mixed.shape, mask.shape[1] if len(mask) else len(others)
    m = -(-n_seen // COLUMNS) * COLUMNS
    keys, scores = np.zeros((HEAD_WIDTH, m), np.float32), np.empty((n, m), np.float32)
    shares = np.empty((n, width), np.float32)
    mixed[:] = NOTHING
    for head in range(0, width, HEAD_WIDTH):
        for j in range(HEAD_WIDTH):
            for i in range(n_seen):
                keys[j, i] = others[i, key_column + head + j]
        scores[:] = NOTHING
        for top in range(0, n, ROWS):
            for left in range(0, m, COLUMNS):
                multiply_floats(queries, top, head, keys, 0, left, HEAD_WIDTH, scores, top, left)
        for i in range(len(mask)):
            for j in range(n_seen):
                scores[i, j] += mask[i, j]
        items = flat(scores)
        for i in range(len(items)):
            items[i] = exponential(items[i])
        for i in range(n):
            total = NOTHING
            for j in range(n_seen):
                total += scores[i, j]
            shares[i, head : head + HEAD_WIDTH] = np.reciprocal(total)
        for top in range(0, n, ROWS):
            multiply_floats(scores, top, 0, others, 0, value_column + head, n_seen, mixed, top, head)
    numbers, factors = flat(mixed), flat(shares)
    for i in range(len(numbers)):
        numbers[i] *= factors[i]


@kernel(fastmath=QUICK)
def feed_forward(weights: Any, product: int, norm: int, x: Any) -> None:
    """Adds to x a layer's feed-forward part, from a product and a norm on."""
    shape = (len(x), weights.places[product + 1, 1] - weights.places[product, 1])
    y, values = np.empty(x.shape, np.float32), np.empty(x.shape, np.uint8)
    hidden, hidden_values = np.empty(shape, np.float32), np.empty(shape, np.uint8)
    normalize(x, weights.norms[norm], y)
    to_bytes(y, weights.steps[product], values)
    multiply_all(weights, product, values, hidden)
    activate(hidden)
    to_bytes(hidden, weights.steps[product + 1], hidden_values)
    multiply_all(weights, product + 1, hidden_values, y)
    add(x, y)


@kernel(fastmath=QUICK)
def normalize_rows(logits: Any) -> None:
    """Log probabilities in the place of logits, row by row."""
    n = logits.shape[1]
    for row in range(len(logits)):
        highest, total = logits[row, 0], NOTHING
        for j in range(n):
            highest = max(highest, logits[row, j])
        for j in range(n):
            total += exponential(logits[row, j] - highest)
        shift = highest + np.float32(np.log(total))
        for j in range(n):
            logits[row, j] -= shift


@kernel(fastmath=QUICK)
def convolve(gated: Any, taps: Any, padded: Any, out: Any) -> None:
    """The gate, and the convolution of each channel along the frames.

    gated (S, 2 D); taps (N_TAPS + 1, D), the bias last; out (S, D). padded: scratch, (S + N_TAPS - 1, D), whose ends are 0.
    """
    n_frames, width = out.shape
    for frame in range(n_frames):
        for j in range(width):
            padded[frame + N_TAPS // 2, j] = gated[frame, j] * sigmoid(gated[frame, width + j])
    for frame in range(n_frames):
        for j in range(width):
            out[frame, j] = (
                taps[0, j] * padded[frame, j]
                + taps[1, j] * padded[frame + 1, j]
                + taps[2, j] * padded[frame + 2, j]
                + taps[3, j] * padded[frame + 3, j]
                + taps[4, j] * padded[frame + 4, j]
                + taps[5, j] * padded[frame + 5, j]
                + taps[6, j] * padded[frame + 6, j]
                + taps[7, j]
            )


@kernel(fastmath=QUICK)
def hear_keys(query: Any, points: Any, squares: Any, asked: Any, waves: Any) -> Any:
    """The CTC head: log probabilities (S, K + 1) of the keys in each frame, blank last.

    query (S, whole tiles): W cosines, W sines, E products with a key's embedding, a slope and the blank. points (2, S R) and squares
    (K, S R) of R points a frame, of which the first counts. asked (K, 2 W + E); waves (2, W).
    """
    n_frames, n_keys, n_waves = len(query), len(asked), waves.shape[1]
    stride, depth = points.shape[1] // n_frames, asked.shape[1]
    n_columns = (n_keys + COLUMNS - 1) // COLUMNS * COLUMNS
    turned, right, logits = (
        np.empty((n_frames, depth), np.float32),
        np.zeros((depth, n_columns), np.float32),
        np.zeros((n_frames, n_columns), np.float32),
    )
    for key in range(n_keys):
        for j in range(depth):
            right[j, key] = asked[key, j]
    for frame in range(n_frames):
        x, y = points[0, stride * frame], points[1, stride * frame]
        for j in range(n_waves):
            phase = x * waves[0, j] + y * waves[1, j]
            sin, cos = sine(phase), sine(phase + QUARTER_TURN)
            turned[frame, j] = query[frame, j] * cos - query[frame, n_waves + j] * sin
            turned[frame, n_waves + j] = query[frame, j] * sin + query[frame, n_waves + j] * cos
        for j in range(2 * n_waves, depth):
            turned[frame, j] = query[frame, j]
    for top in range(0, n_frames, ROWS):
        for left in range(0, n_columns, COLUMNS):
            multiply_floats(turned, top, 0, right, 0, left, depth, logits, top, left)
    out = np.empty((n_frames, n_keys + 1), np.float32)
    for frame in range(n_frames):
        steepness = query[frame, depth] + STEEPNESS
        fall = max(steepness, NOTHING) + np.float32(np.log1p(exponential(-abs(steepness))))
        for key in range(n_keys):
            out[frame, key] = logits[frame, key] - fall * (np.sqrt(ONE + squares[key, stride * frame]) - ONE)
        out[frame, n_keys] = query[frame, depth + 1]
    normalize_rows(out)
    return out


@kernel(fastmath=QUICK)
def read_points(weights: Any, trajectory: Any, points: Any, around: Any, near: Any, squares: Any) -> Any:
    """The points as the layers read them, two or more to a frame: uint8 (S, R P). Fills squares (K, N)."""
    n_points, n_columns, n_keys = len(trajectory), trajectory.shape[1], len(around)
    width, n_frames = near.shape[1], len(weights.positions)
    seen = np.empty((n_columns + 3 * len(SLOPES), n_points), np.float32)
    nearness, x = np.empty((n_keys, n_points), np.float32), np.empty((n_points, width), np.float32)
    for i in range(n_points):
        for j in range(n_columns):
            seen[j, i] = trajectory[i, j]
        for j in range(width):
            x[i, j] = weights.points[len(seen), j]
    look_around(points, around, squares, seen, nearness)
    for top in range(0, n_points, ROWS):
        for left in range(0, width, COLUMNS):
            multiply_floats(seen.T, top, 0, weights.points, 0, left, len(seen), x, top, left)
            multiply_floats(nearness.T, top, 0, near, 0, left, n_keys, x, top, left)
    activate(x)
    values = np.empty((n_frames, n_points // n_frames * width), np.uint8)
    to_bytes(x, weights.steps[0], values)
    return values


@kernel(ENCODER, "float32[:, :]", "float32[:, :]", "float32[:, :]", "float32[:, :]", fastmath=QUICK)
def encode(weights: Any, trajectory: Any, around: Any, near: Any, asked: Any) -> Any:
    """What export.key_reader.graphs.EncoderGraph says of one swipe: memory (S, D) and ctc_log_probs (S, K + 1).

    trajectory (N, F), around (K, 4), near (K, P), asked (K, 2 W + E). Their shapes fit the weights: nothing is checked here.
    """
    n_frames, width = weights.positions.shape
    points, squares = np.empty((2, len(trajectory)), np.float32), np.empty((len(around), len(trajectory)), np.float32)
    for i in range(len(trajectory)):
        points[0, i], points[1, i] = trajectory[i, 0] * ACROSS, trajectory[i, 1]
    shape = n_frames, width
    x, y, values = np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.uint8)
    joined, gated = np.empty((n_frames, 3 * width), np.float32), np.empty((n_frames, 2 * width), np.float32)
    padded, everything = np.zeros((n_frames + N_TAPS - 1, width), np.float32), np.empty((0, 0), np.float32)

    multiply_all(weights, 0, read_points(weights, trajectory, points, around, near, squares), x)
    add(x, weights.positions)
    for layer in range(len(weights.depthwise)):
        product, norm = 1 + 6 * layer, 4 * layer
        normalize(x, weights.norms[norm], y)
        to_bytes(y, weights.steps[product], values)
        multiply_all(weights, product, values, joined)
        attend(joined, joined, width, 2 * width, everything, y)
        to_bytes(y, weights.steps[product + 1], values)
        multiply_all(weights, product + 1, values, y)
        add(x, y)
        normalize(x, weights.norms[norm + 1], y)
        to_bytes(y, weights.steps[product + 2], values)
        multiply_all(weights, product + 2, values, gated)
        convolve(gated, weights.depthwise[layer], padded, y)
        normalize(y, weights.norms[norm + 2], y)
        activate(y)
        to_bytes(y, weights.steps[product + 3], values)
        multiply_all(weights, product + 3, values, y)
        add(x, y)
        feed_forward(weights, product + 4, norm + 3, x)
    last, memory = 6 * len(weights.depthwise) + 1, np.empty(shape, np.float32)
    normalize(x, weights.norms[len(weights.norms) - 1], memory)
    to_bytes(memory, weights.steps[last], values)
    query = np.empty((n_frames, len(weights.starts) - weights.places[last, 1]), np.float32)
    multiply_all(weights, last, values, query)
    return memory, hear_keys(query, points, squares, asked, weights.waves)


@kernel(fastmath=QUICK)
def point_at(x: Any, pointed: Any, n_rows: int) -> Any:
    """Log probabilities (n_rows, K + 1) by the products of the first rows of x (n, D) with pointed (K + 1, D)."""
    n_outputs, depth = pointed.shape
    n_columns = -(-n_outputs // COLUMNS) * COLUMNS
    right, logits = np.zeros((depth, n_columns), np.float32), np.zeros((len(x), n_columns), np.float32)
    for j in range(n_outputs):
        for i in range(depth):
            right[i, j] = pointed[j, i]
    for top in range(0, len(x), ROWS):
        for left in range(0, n_columns, COLUMNS):
            multiply_floats(x, top, 0, right, 0, left, depth, logits, top, left)
    out = np.empty((n_rows, n_outputs), np.float32)
    for row in range(n_rows):
        for j in range(n_outputs):
            out[row, j] = logits[row, j]
    normalize_rows(out)
    return out


@kernel(STEP, "int64[:]", "int64[:]", "float32[:, :]", "float32[:, :]", "float32[:, :]", "float32[:, :]", fastmath=QUICK)
def read_tree(  # noqa: PLR0913
    weights: Any, tokens: Any, lengths: Any, mask: Any, memory: Any, read: Any, pointed: Any
) -> Any:
    """What export.key_reader.graphs.StepGraph says of the prefixes of one swipe that continue no cache: log_probs (P, K + 1).

    tokens and lengths (P,), mask (P, P), memory (S, D), read and pointed (K + 1, D). Their shapes fit the weights: nothing is checked here.
    """
    n_prefixes, width = len(tokens), memory.shape[1]
    n_rows, n_layers = -(-n_prefixes // ROWS) * ROWS, len(weights.norms) // 3
    shape = n_rows, width
    x, y, values = np.zeros(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.uint8)
    joined, everything = np.empty((n_rows, 3 * width), np.float32), np.empty((0, 0), np.float32)
    frames, crossed = np.empty(memory.shape, np.uint8), np.empty(shape, np.float32)
    of_memory = np.empty((len(memory), 2 * width * n_layers), np.float32)
    to_bytes(memory, weights.steps[0], frames)
    multiply_all(weights, 0, frames, of_memory)
    for row in range(n_prefixes):
        for j in range(width):
            x[row, j] = read[tokens[row], j] + weights.positions[lengths[row], j]
    for layer in range(n_layers):
        product, norm = 1 + 6 * layer, 3 * layer
        normalize(x, weights.norms[norm], y)
        to_bytes(y, weights.steps[product], values)
        multiply_all(weights, product, values, joined)
        attend(joined, joined, width, 2 * width, mask, y)
        to_bytes(y, weights.steps[product + 1], values)
        multiply_all(weights, product + 1, values, y)
        add(x, y)
        normalize(x, weights.norms[norm + 1], y)
        to_bytes(y, weights.steps[product + 2], values)
        multiply_all(weights, product + 2, values, y)
        attend(y, of_memory, 2 * width * layer, 2 * width * layer + width, everything, crossed)
        to_bytes(crossed, weights.steps[product + 3], values)
        multiply_all(weights, product + 3, values, y)
        add(x, y)
        feed_forward(weights, product + 4, norm + 2, x)
    normalize(x, weights.norms[len(weights.norms) - 1], y)
    return point_at(y, pointed, n_prefixes)
