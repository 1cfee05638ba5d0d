"""Every compiled function of the engine.

They stand in one file because numba's on-disk cache cannot see an edit in another. They take arrays and return arrays:
no validation, no exceptions, no strings. `engine.jit` says how they run: compiled ahead for the types named here, or as plain Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import kernel

UNRESTED = 0.1
"""Odds of swiping a letter that follows its like without resting on its key: then the CTC head hears one letter, with no blank between two.
Measured on dev, all swipes and those of words with doubled letters, top-1: 89.21 and 86.12 without, 89.31 and 86.88 at 0.03, 89.36 and
87.26 at 0.1, 89.26 and 87.45 at 0.2."""
IMPOSSIBLE = 1e-300
"""A probability that has vanished; its log is -690."""
FLAT = 1e-3
"""What deviates by less than this is not stretched to unit variance."""
DT, VX, VY, AX, AY = 25.0, 0.02, 0.008, 7e-4, 3e-4
"""Units of dt, velocities and accelerations: milliseconds, keys a millisecond, keys a millisecond squared. Measured: 20,000
swipes of How We Swipe's training part; the deviations but for the one point in a hundred where two records came at once."""
STEEPEST = 10.0
"""Largest velocity and acceleration, in those units: what is recorded in one instant would be hundreds."""

TRIE = {
    "first_child": "uint32[:]",
    "token": "uint8[:]",
    "word_prior": "uint8[:]",
    "best_prior": "uint8[:]",
    "patch_nodes": "uint32[:, :]",
    "patch_slots": "uint32[:, :]",
}
"""trie.Trie"""


# --- features ---


@kernel("float64[:]", "float64[:]", "float64[:]", "int64", "float64", "float64")
def resample(x: Any, y: Any, t: Any, n_points: int, time_share: float, least_step: float) -> Any:
    """`n_points` points along a swipe, evenly spaced in a mean of elapsed time and arc length.

    x, y, t: float64 (n,). time_share: the weight of time, 0 to 1; half of it lets dwelling at a key (a double letter) and
    moving fast both keep their share of the points. least_step: milliseconds of time_share 1 that a step is not to fall
    below; the points left over repeat the last one. (Neither has a default: numba takes 90 us to fill one in.) Returns
    float64 (4, n_points): x, y, t, and the time between the two recorded points around.
    """
    n = len(x)
    progress = np.zeros(n)
    for i in range(1, n):
        progress[i] = progress[i - 1] + np.hypot(x[i] - x[i - 1], y[i] - y[i - 1])
    length, duration = progress[n - 1], t[n - 1] - t[0]
    for i in range(n):
        by_length = progress[i] / length if length > 0 else i / (n - 1)
        by_time = (t[i] - t[0]) / duration if duration > 0 else i / (n - 1)
        progress[i] = time_share * by_time + (1.0 - time_share) * by_length
    points = np.empty((4, n_points))
    reach = max(1.0, (n_points - 1) * least_step / duration) if duration > 0 else 1.0
    right = 1
    for j in range(n_points):
        target = min(reach * (j / (n_points - 1)), 1.0)
        while right < n - 1 and progress[right] < target:
            right += 1
        span = progress[right] - progress[right - 1]
        share = (target - progress[right - 1]) / span if span > 0 else 0.0
        share = min(max(share, 0.0), 1.0)
        points[0, j] = x[right - 1] + share * (x[right] - x[right - 1])
        points[1, j] = y[right - 1] + share * (y[right] - y[right - 1])
        points[2, j] = t[right - 1] + share * (t[right] - t[right - 1])
        points[3, j] = t[right] - t[right - 1]
    return points


@kernel("float64[:, :]", "float64[:]", "float64[:]")
def trajectory_features(points: Any, origin: Any, key_size: Any) -> Any:
    """The network's view of resampled points, float32 (N, 7): x, y, dx, dy, log dt, log speed, log gap.

    points: (4, N) of `resample`; origin, key_size: float64 (2,), grid units. Differences are central; coordinates are
    in keys, times in milliseconds. The constants bring each column near zero mean and unit variance.
    """
    n = points.shape[1]
    out = np.empty((n, 7), dtype=np.float32)
    for i in range(n):
        before, after = max(i - 1, 0), min(i + 1, n - 1)
        dx = (points[0, after] - points[0, before]) / (key_size[0] * (after - before))
        dy = (points[1, after] - points[1, before]) / (key_size[1] * (after - before))
        dt = (points[2, after] - points[2, before]) / (after - before)
        out[i, 0] = (points[0, i] - origin[0]) / key_size[0] / 3.0
        out[i, 1] = (points[1, i] - origin[1]) / key_size[1]
        out[i, 2] = 4.0 * dx
        out[i, 3] = 4.0 * dy
        out[i, 4] = np.log(dt + 1.0) - 2.7
        out[i, 5] = 0.5 * (np.log(np.hypot(dx, dy) / (dt + 1.0) + 1e-4) + 6.0)
        out[i, 6] = np.log(points[3, i] + 1.0) - 2.8
    return out


@kernel("float64[:, :]", "float64[:]")
def time_derivatives(points: Any, key_size: Any) -> Any:
    """dt, vx, vy, ax, ay of resampled points, float32 (N, 5).

    points, key_size: as `trajectory_features`. dt is the time since the point before. vx and vy are central differences of
    the place over time, in keys and milliseconds, ax and ay those of vx and vy; a difference spans at least 1 ms. The
    constants bring each column near zero mean and unit variance; velocities and accelerations end at STEEPEST.
    """
    n = points.shape[1]
    out = np.empty((n, 5), dtype=np.float32)
    velocity = np.empty((2, n))
    for i in range(n):
        before, after = max(i - 1, 0), min(i + 1, n - 1)
        span = max(points[2, after] - points[2, before], 1.0)
        for axis in range(2):
            velocity[axis, i] = (points[axis, after] - points[axis, before]) / key_size[axis] / span
    for i in range(n):
        before, after = max(i - 1, 0), min(i + 1, n - 1)
        span = max(points[2, after] - points[2, before], 1.0)
        out[i, 0] = (points[2, i] - points[2, before]) / DT - 1.0
        out[i, 1] = velocity[0, i] / VX
        out[i, 2] = velocity[1, i] / VY
        out[i, 3] = (velocity[0, after] - velocity[0, before]) / span / AX
        out[i, 4] = (velocity[1, after] - velocity[1, before]) / span / AY
        for column in range(1, 5):
            out[i, column] = min(max(out[i, column], -STEEPEST), STEEPEST)
    return out


@kernel("written float32[:, :]")
def fit_box(trajectory: Any) -> None:
    """Moves x and y of `trajectory_features`: the box around the swipe has its middle at 0, its longer side from -1 to 1.

    A box of less than a key counts as one key.
    """
    left, right, top, bottom = trajectory[0, 0], trajectory[0, 0], trajectory[0, 1], trajectory[0, 1]
    for i in range(1, len(trajectory)):
        left, right = min(left, trajectory[i, 0]), max(right, trajectory[i, 0])
        top, bottom = min(top, trajectory[i, 1]), max(bottom, trajectory[i, 1])
    half = max(3.0 * (right - left), bottom - top, 1.0) / 2.0
    for i in range(len(trajectory)):
        trajectory[i, 0] = 3.0 * (trajectory[i, 0] - (left + right) / 2.0) / half
        trajectory[i, 1] = (trajectory[i, 1] - (top + bottom) / 2.0) / half


@kernel("written float32[:, :]")
def standardize(rows: Any) -> None:
    """Brings each row, float32 (any, n), to zero mean and unit variance; one that hardly varies, near zero.

    The sums are in float64, which numpy's own scalars would not be without the compiler.
    """
    for i in range(len(rows)):
        total, squares = 0.0, 0.0
        for value in rows[i]:
            total += np.float64(value)
        mean = total / rows.shape[1]
        for value in rows[i]:
            squares += (np.float64(value) - mean) ** 2
        deviation = max(np.sqrt(squares / rows.shape[1]), FLAT)
        for j in range(rows.shape[1]):
            rows[i, j] = (rows[i, j] - mean) / deviation


@kernel("float64[:, :]", "float64[:, :]", "float64", "float64", "written int64[:, :]", "written float32[:, :]")
def look_up_key_distances(points: Any, centres: Any, cell: float, unit: float, slot_cells: Any, slot_rows: Any) -> Any:
    """Distances of points to key centres by a direct-mapped hash table, float32 (N, K), in `unit`s.

    points: float64 (>= 2, N); centres: float64 (K, 2). A point is rounded to a cell of the plane; slot_cells int64
    (slots, 2) says which cell's distances slot_rows float32 (slots, K) hold. A miss computes and replaces. The result
    depends on the cell alone, never on what the table held.
    """
    n, n_keys = points.shape[1], len(centres)
    mask = len(slot_cells) - 1
    out = np.empty((n, n_keys), dtype=np.float32)
    for i in range(n):
        column = np.int64(np.floor(points[0, i] / cell + 0.5))
        row = np.int64(np.floor(points[1, i] / cell + 0.5))
        slot = ((column * 73856093) ^ (row * 19349663)) & mask
        if slot_cells[slot, 0] != column or slot_cells[slot, 1] != row:
            slot_cells[slot, 0] = column
            slot_cells[slot, 1] = row
            for k in range(n_keys):
                slot_rows[slot, k] = np.hypot(column * cell - centres[k, 0], row * cell - centres[k, 1]) / unit
        for k in range(n_keys):
            out[i, k] = slot_rows[slot, k]
    return out


# --- the trie ---


@kernel()
def root_of(trie: Any) -> Any:
    """The node where a search begins: as `trie.Trie.root`."""
    n_patch_nodes = len(trie.patch_nodes)
    return len(trie.token) + n_patch_nodes - 1 if n_patch_nodes > 0 else 0


@kernel()
def prior_at(trie: Any, node: int) -> Any:
    """The stored prior of the word that ends at a node; 0 for none."""
    n_nodes = len(trie.token)
    return np.int64(trie.word_prior[node]) if node < n_nodes else np.int64(trie.patch_nodes[node - n_nodes, 2])


@kernel()
def token_at(trie: Any, node: int) -> Any:
    """The token that leads to a node."""
    n_nodes = len(trie.token)
    return np.int64(trie.token[node]) if node < n_nodes else np.int64(trie.patch_nodes[node - n_nodes, 3])


@kernel()
def slots_of(trie: Any, node: int) -> Any:
    """Where a node's children stand, from the first to behind the last: as nodes, or, of a patch's node, as its slots."""
    n_nodes = len(trie.token)
    if node < n_nodes:
        return np.int64(trie.first_child[node]), np.int64(trie.first_child[node + 1])
    return np.int64(trie.patch_nodes[node - n_nodes, 0]), np.int64(trie.patch_nodes[node - n_nodes, 1])


# --- beam search ---


@kernel(TRIE, "float64", "int64[:]", "float64[:]", "float64[:, :]", "float64[:]")
def finish(trie: Any, prior_scale: float, nodes: Any, scores: Any, log_probs: Any, leaders: Any) -> Any:
    """The scores of the words that end at live hypotheses, and the best of all so far.

    trie, prior_scale, nodes, scores, log_probs: as `expand`. leaders: float64 (n_best,), the best finished scores before, descending.
    Returns float64 (B,), -inf where no word ends, and the new leaders.
    """
    finished = np.full(len(nodes), -np.inf)
    leaders = leaders.copy()
    for b in range(len(nodes)):
        prior = prior_at(trie, nodes[b])
        if prior > 0:
            finished[b] = scores[b] + log_probs[b, log_probs.shape[1] - 1] - prior_scale * (np.float64(prior) - 1.0)
        rank = len(leaders)
        while rank > 0 and finished[b] > leaders[rank - 1]:
            rank -= 1
        for later in range(len(leaders) - 1, rank, -1):
            leaders[later] = leaders[later - 1]
        if rank < len(leaders):
            leaders[rank] = finished[b]
    return finished, leaders


@kernel(TRIE, "float64", "int64[:]", "float64[:]", "float64[:, :]", "float64[:]", "int64", "float64")
def expand(  # noqa: PLR0913
    trie: Any, prior_scale: float, nodes: Any, scores: Any, log_probs: Any, leaders: Any, beam_width: int, margin: float
) -> Any:
    """One step of the search: the words that end here, and the best continuations that the trie allows. A twin of docs/SCORE.md.

    trie: trie.Trie; prior_scale: nats per stored prior step. Live hypotheses: nodes int64 (B,), scores float64 (B,),
    log_probs float64 (B, V) of what follows them, the end of the word last. leaders: as `finish`.
    Returns the finished scores and the leaders of `finish`, and of each continuation its parent (row of B), token, node
    (int64) and score (float64), at most beam_width of them, by descending bound: score plus the best prior at or below
    the node. Dropped are bounds that cannot beat the last leader or are more than `margin` below the best of all.
    Ties: lowest parent, then lowest token.
    """
    finished, leaders = finish(trie, prior_scale, nodes, scores, log_probs, leaders)
    bounds = np.empty(beam_width)
    parents = np.empty(beam_width, dtype=np.int64)
    children = np.empty(beam_width, dtype=np.int64)
    best, n_kept, n_nodes = leaders[0], 0, len(trie.token)
    floor = leaders[-1]
    for b in range(len(nodes)):
        patched = nodes[b] >= n_nodes
        first, last = slots_of(trie, nodes[b])
        for slot in range(first, last):
            if patched:
                child, token, best_prior = np.int64(trie.patch_slots[slot, 0]), trie.patch_slots[slot, 1], trie.patch_slots[slot, 2]
            else:
                child, token, best_prior = np.int64(slot), np.uint32(trie.token[slot]), np.uint32(trie.best_prior[slot])
            bound = scores[b] + log_probs[b, token] - prior_scale * (np.float64(best_prior) - 1.0)
            if not (bound > floor and bound >= best - margin):  # best may still rise: the last word is below
                continue
            best = max(best, bound)
            at = min(n_kept, beam_width - 1)
            n_kept = at + 1
            while at > 0 and bounds[at - 1] < bound:
                bounds[at], parents[at], children[at] = bounds[at - 1], parents[at - 1], children[at - 1]
                at -= 1
            bounds[at], parents[at], children[at] = bound, b, child
            if n_kept == beam_width:
                floor = max(floor, bounds[n_kept - 1])
    while n_kept > 0 and bounds[n_kept - 1] < best - margin:
        n_kept -= 1
    parents, children = parents[:n_kept], children[:n_kept]
    tokens, reached_scores = np.empty(n_kept, dtype=np.int64), np.empty(n_kept)
    for i in range(n_kept):
        tokens[i] = token_at(trie, children[i])
        reached_scores[i] = scores[parents[i]] + log_probs[parents[i], tokens[i]]
    return finished, leaders, parents, tokens, children, reached_scores


# --- CTC ---


def _weigh_frames_by_products(aligned: Any, last: int, frame_probs: Any, reached: Any) -> None:
    """As `weigh_frames`, where nothing is compiled."""
    reached[:] = (aligned[0, :-1] + aligned[1, :-1]) @ frame_probs
    if last >= 0:
        reached[last] = aligned[1, :-1] @ frame_probs[:, last]


@kernel(plain=_weigh_frames_by_products)
def weigh_frames(aligned: Any, last: int, frame_probs: Any, reached: Any) -> None:
    """Sums the frames' probabilities, (S, K + 1), by how probable it is that the prefix ends before each, into reached (K + 1,).

    aligned (2, S + 1): of one prefix; last: its last letter. Loops: each temporary array took as long as the sum itself.
    """
    reached[:] = 0.0
    repeated = 0.0  # the same letter twice needs a blank between
    for frame in range(len(frame_probs)):
        weight = aligned[0, frame] + aligned[1, frame]
        for column in range(frame_probs.shape[1]):
            reached[column] += weight * frame_probs[frame, column]
        repeated += aligned[1, frame] * frame_probs[frame, last]
    if last >= 0:
        reached[last] = repeated


@kernel("float64[:, :]")
def start_alignment(frame_probs: Any) -> Any:
    """The CTC alignment of the empty prefix, float64 (1, 2, S + 1): every frame so far is blank."""
    n_frames, blank = len(frame_probs), frame_probs.shape[1] - 1
    aligned = np.zeros((1, 2, n_frames + 1))
    aligned[0, 1, 0] = 1.0
    for frame in range(n_frames):
        aligned[0, 1, frame + 1] = aligned[0, 1, frame] * frame_probs[frame, blank]
    return aligned


@kernel("float64[:, :, :]", "int64[:]", "float64[:, :]", "int64[:]", "int64[:]")
def align_letters(aligned: Any, last_letters: Any, frame_probs: Any, parents: Any, tokens: Any) -> Any:
    """The CTC alignments of C continuations: prefix parents[c] with the letter tokens[c] behind it. A twin of docs/SCORE.md.

    aligned float64 (B, 2, S + 1), last_letters int64 (B,), frame_probs float64 (S, K + 1): as ctc.CtcPrefixes; parents,
    tokens: int64 (C,). Returns float64 (C, 2, S + 1).
    """
    n_frames, blank = len(frame_probs), frame_probs.shape[1] - 1
    extended = np.zeros((len(parents), 2, n_frames + 1))
    for c in range(len(parents)):
        parent, token = parents[c], tokens[c]
        repeats = last_letters[parent] == token
        letter, after = 0.0, 0.0
        for frame in range(n_frames):
            before = aligned[parent, 1, frame] + (0.0 if repeats else aligned[parent, 0, frame])
            after = (after + letter) * frame_probs[frame, blank]
            letter = (letter + before) * frame_probs[frame, token]
            extended[c, 0, frame + 1] = letter
            extended[c, 1, frame + 1] = after
        if repeats:
            extended[c] += UNRESTED * aligned[parent]
    return extended


@kernel("float64[:, :, :]", "int64[:]", "float64[:, :]")
def reach_letters(aligned: Any, last_letters: Any, frame_probs: Any) -> Any:
    """The CTC head's probability that a word begins with each of B prefixes and each letter; is the prefix, last.

    Arguments as `align_letters`. Returns float64 (B, K + 1).
    """
    n_frames, end = len(frame_probs), frame_probs.shape[1] - 1
    reached = np.empty((len(aligned), end + 1))
    for b in range(len(aligned)):
        weigh_frames(aligned[b], last_letters[b], frame_probs, reached[b])
        reached[b, end] = aligned[b, 0, n_frames] + aligned[b, 1, n_frames]
        if last_letters[b] >= 0:
            reached[b, last_letters[b]] += UNRESTED * reached[b].sum()  # all of them: what begins with the prefix
    return reached


# --- two passes ---


@kernel("float64[:]", "int64")
def rank(scores: Any, n_best: int) -> Any:
    """The indices of the n_best highest scores, float64 (n,), best first, int64; not of -inf or NaN. Ties: lowest index.

    By insertion: few are kept. numba's argsort took ten times as long.
    """
    best = np.empty(n_best, dtype=np.int64)
    n_kept = 0
    for i in range(len(scores)):
        if not scores[i] > -np.inf or (n_kept == n_best and not scores[i] > scores[best[n_kept - 1]]):
            continue
        at = min(n_kept, n_best - 1)
        n_kept = at + 1
        while at > 0 and scores[best[at - 1]] < scores[i]:
            best[at] = best[at - 1]
            at -= 1
        best[at] = i
    return best[:n_kept]


@kernel(TRIE, "float64", "float32[:, :]", "int64", "float64", "int64", "int64")
def first_pass(  # noqa: PLR0913
    trie: Any, prior_scale: float, ctc_log_probs: Any, beam_width: int, margin: float, n_words: int, max_letters: int
) -> Any:
    """The best n_words words by CTC head and prior, from a beam search of its own, as the tree of their prefixes.

    trie, prior_scale, beam_width, margin: as `expand`; ctc_log_probs: float32 (S, K + 1), blank last. Of the tree's P
    prefixes, parents before children and the empty one first: parents (-1 for the empty one) and last tokens, int64 (P,).
    Of the M <= n_words words, best first: where they end in the tree, int64 (M,); their nodes in the trie, int64; their log
    probabilities by the CTC head, float64. Ties: the shorter, then the higher parent, then the lower token.
    """
    frame_probs = np.exp(ctc_log_probs.astype(np.float64))
    aligned, last_letters = start_alignment(frame_probs), np.full(1, -1)
    capacity = 1 + min(beam_width * max_letters, len(trie.token) + len(trie.patch_nodes))  # a prefix is a node
    all_parents, all_tokens, all_nodes = np.empty(capacity, np.int64), np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    all_finished, leaders = np.empty(capacity), np.full(n_words, -np.inf)
    all_parents[0], all_tokens[0], all_nodes[0] = -1, 0, 0
    nodes, start, stop = np.full(1, root_of(trie)), 0, 1
    for length in range(max_letters + 1):
        log_reached = log_allowed(trie, nodes, reach_letters(aligned, last_letters, frame_probs))
        finished, leaders, parents, tokens, nodes, _ = expand(
            trie, prior_scale, nodes, np.zeros(len(nodes)), log_reached, leaders, beam_width, margin
        )
        all_finished[start:stop] = finished
        if len(tokens) == 0 or length == max_letters:
            break
        aligned, last_letters = align_letters(aligned, last_letters, frame_probs, parents, tokens), tokens
        end = stop + len(tokens)
        all_parents[stop:end], all_tokens[stop:end], all_nodes[stop:end] = parents + start, tokens, nodes
        start, stop = stop, end
    ends = rank(all_finished[:stop], n_words)
    word_nodes, ctc = all_nodes[ends], all_finished[ends].copy()
    for i in range(len(ends)):
        ctc[i] += prior_scale * (np.float64(prior_at(trie, word_nodes[i])) - 1.0)
    parents, tokens, rows = keep_ancestors(all_parents[:stop], all_tokens, ends)
    return parents, tokens, rows, word_nodes, ctc


@kernel()
def log_allowed(trie: Any, nodes: Any, probs: Any) -> Any:
    """The logs of the probabilities (B, V) of what the trie allows after nodes (B,), -inf elsewhere: most logs are not needed.

    Two loops: in one, with a choice for each child, half the time more.
    """
    end, n_nodes = probs.shape[1] - 1, len(trie.token)
    logs = np.full(probs.shape, -np.inf)
    for b in range(len(nodes)):
        if nodes[b] < n_nodes:
            for child in range(np.int64(trie.first_child[nodes[b]]), np.int64(trie.first_child[nodes[b] + 1])):
                token = trie.token[child]
                logs[b, token] = np.log(max(probs[b, token], IMPOSSIBLE))
        else:
            first, last = slots_of(trie, nodes[b])
            for slot in range(first, last):
                logs[b, trie.patch_slots[slot, 1]] = np.log(max(probs[b, trie.patch_slots[slot, 1]], IMPOSSIBLE))
        if prior_at(trie, nodes[b]) > 0:
            logs[b, end] = np.log(max(probs[b, end], IMPOSSIBLE))
    return logs


@kernel("int64[:]", "int64[:]", "int64[:]")
def keep_ancestors(parents: Any, tokens: Any, ends: Any) -> Any:
    """The part of a tree that leads to the rows `ends`: its parents and tokens, int64 (P,), and where the ends now are.

    parents int64: -1 for the first row, for others an earlier row; tokens: at least as many.
    """
    kept = np.zeros(len(parents), dtype=np.int64)
    kept[0] = 1
    for row in ends:
        while row > 0:
            kept[row] = 1
            row = parents[row]
    n_kept, places = 0, np.zeros(len(parents), dtype=np.int64)
    for row in range(len(parents)):
        places[row] = n_kept
        n_kept += kept[row]
    new_parents, new_tokens = np.full(n_kept, -1), np.empty(n_kept, dtype=np.int64)
    for row in range(len(parents)):
        if kept[row]:
            new_tokens[places[row]] = tokens[row]
            if row > 0:
                new_parents[places[row]] = places[parents[row]]
    return new_parents, new_tokens, places[ends]


@kernel("int64[:]", "int64[:]")
def count_letters(parents: Any, ends: Any) -> Any:
    """How many letters lead to the rows `ends` of a tree, float64 (M,). parents int64 (P,): -1, then each an earlier row."""
    letters, of_words = np.zeros(len(parents)), np.empty(len(ends))
    for row in range(1, len(parents)):
        letters[row] = letters[parents[row]] + 1.0
    for i in range(len(ends)):
        of_words[i] = letters[ends[i]]
    return of_words


@kernel()
def share_out(scores: Any, temperature: float, none_score: float) -> Any:
    """The words' probabilities, float64 (M,), and what orders them, best first, int64. A twin of docs/SCORE.md.

    scores float64 (M,): what is not a finite number has no probability and no place. none_score: of what is none of the words.
    Ties: lowest index.
    """
    order, shares = rank(scores, len(scores)), np.zeros(len(scores))
    if not len(order):
        return shares, order
    best = max(scores[order[0]], none_score)
    total = np.exp((none_score - best) / temperature)
    for i in order:
        shares[i] = np.exp((scores[i] - best) / temperature)
        total += shares[i]
    for i in order:
        shares[i] /= total
    return shares, order


@kernel(TRIE, "float64", "int64[:]", "float64[:]", "int64", "int64", "float64")
def choose_words(  # noqa: PLR0913
    trie: Any, prior_scale: float, nodes: Any, scores: Any, n_words: int, least_words: int, left_behind: float
) -> Any:
    """The n_words best of the words that end at `nodes` by their scores plus priors, best first, int64, and these sums. Ties: lowest index.

    Those more than left_behind nats behind the best are left out, but for the least_words best.
    """
    with_priors = np.empty(len(nodes))
    for i in range(len(nodes)):
        with_priors[i] = scores[i] - prior_scale * (np.float64(prior_at(trie, nodes[i])) - 1.0)
    order = rank(with_priors, n_words)
    n_kept = len(order)
    while n_kept > least_words and with_priors[order[n_kept - 1]] < with_priors[order[0]] - left_behind:
        n_kept -= 1
    return order[:n_kept], with_priors[order[:n_kept]]


@kernel(TRIE, "float64", "int64[:]", "float64[:]", "float64", "float64[:]", "float64", "float64")
def guess_words(  # noqa: PLR0913
    trie: Any, prior_scale: float, nodes: Any, ctc: Any, like_ctc: float, added: Any, temperature: float, none_score: float
) -> Any:
    """As `score_words`, with both heads' log probability of a word taken to be like_ctc times the CTC head's."""
    scores = np.empty(len(nodes))
    for i in range(len(nodes)):
        scores[i] = like_ctc * ctc[i] - prior_scale * (np.float64(prior_at(trie, nodes[i])) - 1.0) + added[i]
    shares, order = share_out(scores, temperature, none_score)
    return scores, shares, order


@kernel(TRIE, "float64", *("int64[:]",) * 4, "float64[:]", "float32[:, :]", "float64", "float64[:]", "float64", "float64")
def score_words(  # noqa: PLR0913
    trie: Any,
    prior_scale: float,
    parents: Any,
    tokens: Any,
    ends: Any,
    nodes: Any,
    ctc: Any,
    log_probs: Any,
    ctc_weight: float,
    added: Any,
    temperature: float,
    none_score: float,
) -> Any:
    """The scores of the words of a tree by both heads and their priors, and what orders them, best first. A twin of docs/SCORE.md.

    trie, prior_scale: as `expand`; parents, tokens (P,), ends, nodes and ctc (M,): as `first_pass` gives them; log_probs
    float32 (P, V) of what follows each prefix, the end of the word last; added float64 (M,): what
    else counts; temperature, none_score: as `share_out`. Returns scores, float64 (M,), the words'
    probabilities, float64 (M,), and the order of those whose score is a finite number, int64. Ties: lowest index.
    """
    reached = np.zeros(len(parents))
    for row in range(1, len(parents)):
        reached[row] = reached[parents[row]] + log_probs[parents[row], tokens[row]]
    scores = np.empty(len(ends))
    for i in range(len(ends)):
        decoded = reached[ends[i]] + log_probs[ends[i], log_probs.shape[1] - 1]
        prior = prior_scale * (np.float64(prior_at(trie, nodes[i])) - 1.0)
        scores[i] = (1.0 - ctc_weight) * decoded + ctc_weight * ctc[i] - prior + added[i]
    shares, order = share_out(scores, temperature, none_score)
    return scores, shares, order


# --- the decoder's cache ---


@kernel("int64[:]", "int64", "float64")
def see_ancestors(parents: Any, n_before: int, hidden: float) -> Any:
    """What the prefixes after the first n_before of a tree may look at: themselves and those that they continue.

    parents int64 (P,): -1 for an empty prefix, else an earlier row. Returns their numbers of letters, int64 (n,), and a
    mask, float32 (n, P): 0 for what is seen, `hidden` elsewhere.
    """
    n = len(parents) - n_before
    lengths, mask = np.zeros(n, dtype=np.int64), np.full((n, len(parents)), np.float32(hidden))
    for i in range(n):
        row = n_before + i
        mask[i, row] = 0.0
        while parents[row] >= 0:
            row = parents[row]
            mask[i, row] = 0.0
            lengths[i] += 1
    return lengths, mask
