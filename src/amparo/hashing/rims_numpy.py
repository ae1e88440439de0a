"""Flat bands and flat rims of a plane, in numpy, number for number what `_windows_rims.h` does: cutting a plane into blocks
along them, taking them off a rectangle. Ranks nothing.
"""

import numpy as np

from amparo.hashing.plane_numpy import Flags, Plane, Steps

CUT_BLOCKS_MAX, CUT_RUNS_MAX, SHARE_MIN = 64, 8, 150
WINDOW_MIN, STEP_CAP = 8, 60
RIM_TURNS, RIM_REACH, RIM_STEP, RIM_STEP_FIRST, RIM_GAIN, RIM_QUIET = 2, 12, 8, 20, 850, 160
Box = tuple[int, int, int, int]
"""left, top, right, bottom, in cells."""


def cut_up(plane: Plane, box: Box, flat: int, depth: int, found: list[Box]) -> None:
    """Add the blocks that bands from side to side leave in which no channel spans more than ``flat``, each cut up again."""
    cells = plane.channels[:, box[1] : box[3], box[0] : box[2]]
    rows = (np.ptp(cells, axis=2) > flat).any(axis=0)
    columns = (np.ptp(cells, axis=1) > flat).any(axis=0)
    down, along = _runs(rows, SHARE_MIN * plane.height // 1024), _runs(columns, SHARE_MIN * plane.width // 1024)
    for top, bottom in down:
        for left, right in along:
            block = (box[0] + left, box[1] + top, box[0] + right, box[1] + bottom)
            if len(down) == len(along) == 1 and len(found) < CUT_BLOCKS_MAX:
                found.append(block)
            if block != box and depth > 0:
                cut_up(plane, block, flat, depth - 1, found)


def _runs(live: Flags, least: int) -> list[tuple[int, int]]:
    """Where ones stand in a row longer than ``least``."""
    turns = np.flatnonzero(np.diff(np.concatenate([[False], live, [False]]).astype(np.int8)))
    runs = [(int(first), int(end)) for first, end in zip(turns[::2], turns[1::2], strict=True) if end - first > least]
    return runs[:CUT_RUNS_MAX]


def without_rims(plane: Plane, box: Box, down: Flags, across: Flags) -> Box:
    """The box without rims of one colour that end in a line. down, across: where a step is not quiet."""
    for _ in range(RIM_TURNS):
        left, top, right, bottom = box
        wide, high = (right - left) // 6, (bottom - top) // 6
        upright, level = (plane.across, down), (plane.down.T, across.T)
        box = (
            _settled(upright, (left, 1), (top, bottom), wide),
            _settled(level, (top, 1), (left, right), high),
            _settled(upright, (right, -1), (top, bottom), wide),
            _settled(level, (bottom, -1), (left, right), high),
        )
    return box


def _settled(maps: tuple[Steps, Flags], side: tuple[int, int], span: tuple[int, int], room: int) -> int:
    """A side moved to the strongest line around it, then inward over quiet cells to each line as strong.

    maps: steps over a line, and where a step along it is not quiet. side: where it stands, and which way is inward.
    """
    at, inward = side
    start, n = at, maps[0].shape[1]
    if span[1] - span[0] < WINDOW_MIN:
        return at
    inset = (span[1] - span[0]) // 16
    rows = slice(span[0] + inset, span[1] - inset)
    length = rows.stop - rows.start
    strength = np.minimum(maps[0][rows, max(start - 16, 0) : start + 17], STEP_CAP).sum(axis=0, dtype=np.int64)
    unrest = maps[1][rows, max(start - 16, 0) : start + 17].sum(axis=0)
    offset = max(start - 16, 0)
    best, rim = 0, at <= 1 or at >= n - 1
    if not rim:
        best = int(strength[at - offset])
        for place in range(max(start - 2, 1), min(start + 3, n)):
            if strength[place - offset] > best:
                best, at = int(strength[place - offset]), place
        rim = at <= 1 or at >= n - 1
    far = 1
    while True:
        place, first = at + inward * far, 1 if rim else 2
        if not 1 <= place < n or (place - start) * inward > min(room, RIM_REACH):
            return at
        cell = at + far - 2 if inward > 0 else at - far + 1
        if far > first and unrest[cell - offset] * 1024 > RIM_QUIET * length:
            return at
        here, after = int(strength[place - offset]), place + inward
        is_strong = here >= (RIM_STEP_FIRST if rim else RIM_STEP) * length and here * 1024 >= best * RIM_GAIN
        is_peak = not 1 <= after < n or strength[after - offset] <= here
        if far > first and is_strong and is_peak:
            at, best, rim, far = place, here, False, 0
        far += 1
