"""Pictures inside a picture, in numpy, number for number what `_windows.c` finds, for machines where that is not built. Not fast.

Rectangles framed by long straight edges or flat rims. Own work; the steps are named and told in `_windows.c`. Knows no hash.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from amparo.hashing.kind import Pixels
from amparo.hashing.plane_numpy import STEP_QUIET, Flags, Plane, Steps, plane_of, upright_edges
from amparo.hashing.rims_numpy import SHARE_MIN, WINDOW_MIN, Box, cut_up, without_rims

WINDOWS_MAX = 8
LINES_MAX, LINE_MIN, LINE_REACH, LINE_APART = 14, 80, 16, 2
SUPPORT_MIN, SUPPORT_RIM, QUIET_SHARE = 350, 716, 10
RANKED_MAX, OVERLAP_MAX, CUT_WINDOWS_MAX, CUT_OVERLAP_MAX, CUT_DEPTH = 256, 970, 4, 980, 4
CUT_FLAT = (12, 40)
LIKE_SUPPORT = np.array([1400, 1024, 600, 0])
LIKE_AREA, LIKE_QUIET_OUTSIDE, DISLIKE_QUIET_INSIDE, DISLIKE_BEYOND, BEYOND_UNKNOWN = 400, 200, 700, 1000, 300
Numbers = NDArray[np.int64]
Thumbs = NDArray[np.float32]


def windows(pixels: Pixels) -> tuple[NDArray[np.int32], Thumbs]:
    """Up to eight windows of uint8[H, W, 3] or [H, W]: int32[N, 4] (left, top, right, bottom in 64ths of a cell) and
    float32[N, 64, 64], sampled as PDQ samples a picture.
    """
    plane = plane_of(pixels)
    boxes = [] if plane is None else [_refined(plane, box) for box in _find(plane)]
    thumbs = [_sampled(plane, box) for box in boxes if plane is not None]
    return np.array(boxes, np.int32).reshape(-1, 4), np.array(thumbs, np.float32).reshape(-1, 64, 64)


def _find(plane: Plane) -> list[Box]:
    columns = upright_edges(plane.across, plane.down)
    rows = upright_edges(plane.down.T, plane.across.T)
    x, y = _lines(columns), _lines(rows)
    across, down = plane.across > STEP_QUIET, plane.down > STEP_QUIET
    quiet_x, quiet_y = _quiet(x, y, across), _quiet(y, x, down.T)
    boxes: list[Box] = []
    blocks: list[Box] = []
    share = (SHARE_MIN * plane.width // 1024, SHARE_MIN * plane.height // 1024)
    for flat in CUT_FLAT:
        cut_up(plane, (0, 0, plane.width, plane.height), flat, CUT_DEPTH, blocks)
    for block in blocks:
        box = without_rims(plane, block, down, across)
        if len(boxes) < CUT_WINDOWS_MAX and _is_fit(plane, box, share) and _is_new(box, boxes, CUT_OVERLAP_MAX):
            boxes.append(box)
    for ranked in _ranked(plane, (x, y), (quiet_x, quiet_y), share):
        if len(boxes) == WINDOWS_MAX:
            break
        box = without_rims(plane, ranked, down, across)
        if min(box[2] - box[0], box[3] - box[1]) >= WINDOW_MIN and _is_new(box, boxes, OVERLAP_MAX):
            boxes.append(box)
    return boxes


@dataclass(frozen=True)
class _Lines:
    """at: k places. edges: int64[k, L + 1], edges on or beside the line before each place along it. n: cells across."""

    at: list[int]
    edges: Numbers
    n: int
    pairs: list[tuple[int, int]]

    def is_rim(self, line: int) -> bool:
        return self.at[line] in (0, self.n)


def _lines(edges: Flags) -> _Lines:
    """Lines along the columns of ``edges``: the places where more edges stand than around them, the rims with them."""
    length, n = edges.shape
    count = edges.sum(axis=0, dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(count)])
    place = np.arange(n)
    first, end = np.maximum(place - LINE_REACH, 0), np.minimum(place + LINE_REACH + 1, n)
    score = count * 1024 // length - (before[end] - before[first]) * 1024 // (end - first) // length
    score[(place < 4) | (place > n - 4)] = -1
    at = [0]
    while len(at) < LINES_MAX - 1 and score.max() > LINE_MIN:
        best = int(score.argmax())
        at.append(best)
        score[best - LINE_APART : best + LINE_APART + 1] = -1
    at = sorted([*at, n])
    support = np.zeros((len(at), length + 1), np.int64)
    for number, line in enumerate(at):
        if 0 < line < n:
            support[number, 1:] = np.cumsum(edges[:, line - 1 : line + 2].any(axis=1))
    return _Lines(at, support, n, list(combinations(range(len(at)), 2)))


@dataclass(frozen=True)
class _Quiet:
    """For each pair of lines (first axis) and each crossing line: quiet places before it; two quiet ones just before, after."""

    count: Numbers
    before: Numbers
    after: Numbers


def _quiet(lines: _Lines, crossing: _Lines, restless: Flags) -> _Quiet:
    """restless: along each place (row), where a step is not quiet."""
    length = restless.shape[0]
    sums = np.concatenate([np.zeros((length, 1), np.int64), np.cumsum(restless, axis=1)], axis=1)
    at = np.array(lines.at)
    near, far = sums[:, np.maximum(at - 2, 0)], sums[:, np.minimum(at + 2, lines.n)]
    low, high = np.array(lines.pairs).T
    most = np.maximum(at[high] - at[low] - 4, 0) * QUIET_SHARE // 1024
    quiet = (near[:, high] - far[:, low] <= most).T
    count = np.concatenate([np.zeros((len(quiet), 1), np.int64), np.cumsum(quiet, axis=1)], axis=1)
    cross = np.array(crossing.at)
    early, late = np.maximum(cross, 4), np.minimum(cross, length - 5)
    before = quiet[:, early - 3] & quiet[:, early - 4] & (cross >= 4)
    after = quiet[:, late + 2] & quiet[:, late + 3] & (cross <= length - 5)
    return _Quiet(count[:, cross], before.astype(np.int64), after.astype(np.int64))


def _supports(lines: _Lines, crossing: _Lines, side: int) -> Numbers:
    """int64[crossing pairs, pairs]: the share of edges of the low (0) or high (1) line between each pair of crossing lines."""
    low, high = np.array([[crossing.at[a], crossing.at[b]] for a, b in crossing.pairs]).T
    shares = np.empty((len(crossing.pairs), len(lines.pairs)), np.int64)
    for number, pair in enumerate(lines.pairs):
        edges = lines.edges[pair[side]]
        rim = lines.is_rim(pair[side])
        shares[:, number] = SUPPORT_RIM if rim else (edges[high] - edges[low]) * 1024 // (high - low)
    return shares


def _beyond(lines: _Lines, crossing: _Lines) -> tuple[Numbers, Numbers]:
    """int64[crossing pairs, pairs]: how far edges go on beyond the corners, summed, and over how many ends."""
    length = crossing.n
    total = np.zeros((len(crossing.pairs), len(lines.pairs)), np.int64)
    looked = np.zeros_like(total)
    for row, (a, b) in enumerate(crossing.pairs):
        low, high = crossing.at[a], crossing.at[b]
        reach = (high - low) // 8 + 4
        for column, line in ((column, line) for column, pair in enumerate(lines.pairs) for line in pair):
            if lines.is_rim(line):
                continue
            edges = lines.edges[line]
            if low > 4:
                end = max(low - reach, 0)
                total[row, column] += (edges[low - 2] - edges[end]) * 1024 // (low - end)
                looked[row, column] += 1
            if high < length - 4:
                end = min(high + reach, length)
                total[row, column] += (edges[end] - edges[high + 2]) * 1024 // (end - high)
                looked[row, column] += 1
    return total, looked


def _outside(lines: _Lines, crossed: _Quiet) -> Numbers:
    """int64[crossing pairs, pairs]: on how many of the two sides quiet places lie just outside."""
    low, high = np.array(lines.pairs).T
    at = np.array(lines.at)
    outside: Numbers = crossed.before[:, low] * (at[low] > 0) + crossed.after[:, high] * (at[high] < lines.n)
    return outside


def _ranked(
    plane: Plane, lines: tuple[_Lines, _Lines], quiet: tuple[_Quiet, _Quiet], share: tuple[int, int]
) -> list[Box]:
    """The best rectangles, best first, the first found first among equals."""
    x, y = lines
    left, right = np.array([[x.at[a], x.at[b]] for a, b in x.pairs]).T
    top, bottom = np.array([[y.at[a], y.at[b]] for a, b in y.pairs]).T
    wide, high = (right - left)[None], (bottom - top)[:, None]
    sides = [_supports(x, y, 0), _supports(x, y, 1), _supports(y, x, 0).T, _supports(y, x, 1).T]
    support = np.sort(np.stack(sides), axis=0)
    (on_x, looked_x), (on_y, looked_y) = _beyond(x, y), _beyond(y, x)
    looked = looked_x + looked_y.T
    on = np.where(looked > 0, (on_x + on_y.T) // np.maximum(looked, 1), BEYOND_UNKNOWN)
    outside = _outside(x, quiet[1]) + _outside(y, quiet[0]).T
    low, top_line = np.array(x.pairs).T, np.array(y.pairs).T
    rows = (quiet[0].count[:, top_line[1]] - quiet[0].count[:, top_line[0]]).T * 1024 // high
    columns = (quiet[1].count[:, low[1]] - quiet[1].count[:, low[0]]) * 1024 // wide
    area = (1024 * np.sqrt((high * wide).astype(np.float64) / float(plane.height * plane.width))).astype(np.int64)
    score = (support * LIKE_SUPPORT[:, None, None]).sum(axis=0) + area * LIKE_AREA + outside * LIKE_QUIET_OUTSIDE * 1024
    score -= np.maximum(rows, columns) * DISLIKE_QUIET_INSIDE + on * DISLIKE_BEYOND
    whole = (100 * high > 97 * plane.height) & (100 * wide > 97 * plane.width)
    fits = (high > share[1]) & (wide > share[0]) & ~whole & (support[0] > SUPPORT_MIN)
    order = np.argsort(-np.where(fits, score, -(1 << 40)), axis=None, kind="stable")[: min(RANKED_MAX, int(fits.sum()))]
    pairs = [divmod(int(number), len(x.pairs)) for number in order]
    return [(int(left[j]), int(top[i]), int(right[j]), int(bottom[i])) for i, j in pairs]


def _is_fit(plane: Plane, box: Box, share: tuple[int, int]) -> bool:
    wide, high = box[2] - box[0], box[3] - box[1]
    is_whole = 1000 * wide > 985 * plane.width and 1000 * high > 985 * plane.height
    return wide >= max(WINDOW_MIN, share[0]) and high >= max(WINDOW_MIN, share[1]) and not is_whole


def _is_new(box: Box, boxes: list[Box], share: int) -> bool:
    """Whether a box differs enough from those there are; share: in 1024ths of their union."""
    for other in boxes:
        wide = min(box[2], other[2]) - max(box[0], other[0])
        high = min(box[3], other[3]) - max(box[1], other[1])
        both = wide * high if wide > 0 and high > 0 else 0
        areas = [(one[2] - one[0]) * (one[3] - one[1]) for one in (box, other)]
        if 1024 * both >= share * (sum(areas) - both):
            return False
    return True


def _refined(plane: Plane, box: Box) -> Box:
    """The sides in 64ths of a cell: where between the cells each edge truly lies."""
    flat = plane.channels.transpose(0, 2, 1)
    left = _placed(plane.channels, box[0], box[1], box[3]) if box[0] > 0 else 0
    right = _placed(plane.channels, box[2], box[1], box[3]) if box[2] < plane.width else plane.ends[0]
    top = _placed(flat, box[1], box[0], box[2]) if box[1] > 0 else 0
    bottom = _placed(flat, box[3], box[0], box[2]) if box[3] < plane.height else plane.ends[1]
    return left, top, right, bottom


def _placed(channels: Steps, at: int, first: int, end: int) -> int:
    """By how much the four cells around an edge are of its inner side."""
    if at <= 3 or at >= channels.shape[2] - 3:
        return at * 64
    cells = channels[:, first:end, at - 3 : at + 3].astype(np.int64)
    before, step = cells[..., 0], cells[..., 5] - cells[..., 0]
    whole = int((step * step).sum())
    if whole == 0:
        return at * 64
    inside = int(((cells[..., 1:5].sum(axis=2) - 4 * before) * step).sum())
    return min(max((at + 2) * 64 - inside * 64 // whole, at * 64 - 96), at * 64 + 96)


def _weights(first: int, end: int, n: int) -> NDArray[np.float64]:
    """float64[64, n] of whole numbers: the weight of each cell in each sample, a tent over a 64th of the side, in 4096ths."""
    length = end - first
    starts = 64 * first + np.arange(64)[:, None] * length
    at = 64 * np.clip(64 * np.arange(n + 1)[None], first, end) - starts
    at[:, n] = length
    inside = np.clip(at, 0, length)
    rising, falling = 2 * inside * inside, length * length - 2 * (length - inside) ** 2
    tent = np.where(2 * inside <= length, rising, falling) * 4096 // (length * length)
    weights: NDArray[np.float64] = np.diff(tent, axis=1).astype(np.float64)
    return weights


def _sampled(plane: Plane, box: Box) -> Thumbs:
    """64 x 64 samples of a window. Sums are whole numbers under 2^53, so the order of their parts does not matter."""
    rows = _weights(box[1], box[3], plane.height) @ plane.luma.astype(np.float64)
    rounded = (rows.astype(np.int64) + 1024) >> 11
    samples = rounded.astype(np.float64) @ _weights(box[0], box[2], plane.width).T
    return samples.astype(np.float32) * np.float32(1 / (1 << 20))
