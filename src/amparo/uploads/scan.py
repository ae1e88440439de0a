"""Which uploads of a unit meet any of a list of codes: the work that can be shared out. Knows no bank and judges nothing.

What goes in and comes out is plain: a path, and bytes (msgpack), so that it may run in another process or on another machine.
"""

import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from amparo.errors import NotFound, Tampered, TooLarge
from amparo.hashing import KINDS
from amparo.index.stream import Wanted
from amparo.uploads.unit import Unit

State = Literal["read", "gone", "damaged", "too_many_hits"]
HITS_MAX = 5_000_000
"""Pairs of an upload and a code that one kind may meet in one unit; each takes 24 bytes while it is read."""


class Sought(msgspec.Struct, frozen=True):
    """Codes of one kind, joined, and how near an upload must be."""

    kind: str
    radius_bits: int
    codes: bytes


class Search(msgspec.Struct, frozen=True):
    """All that is looked for: uploads answered since ``since_us`` that meet any of these."""

    since_us: int
    sought: list[Sought]


class Met(msgspec.Struct, frozen=True):
    """What came of one unit. numbers: of the uploads that met something, ascending, as little-endian uint32."""

    state: State
    count: int = 0
    numbers: bytes = b""

    def uploads(self) -> NDArray[np.uint32]:
        """The numbers."""
        return np.frombuffer(self.numbers, "<u4")


_ENCODER = msgspec.msgpack.Encoder()
_PREPARING = threading.Lock()


def search_bytes(since_us: int, codes: Mapping[str, NDArray[np.uint8]], radius_bits: Mapping[str, int]) -> bytes:
    """What `scan_unit` takes; equal codes stand once. codes: uint8[N, bytes] by kind."""
    sought = [
        Sought(kind, radius_bits[kind], np.unique(held, axis=0).tobytes()) for kind, held in codes.items() if len(held)
    ]
    return _ENCODER.encode(Search(since_us, sought))


def met_in(answer: bytes) -> Met:
    """What `scan_unit` gave, checked. Raises: Tampered (unit_answer)."""
    try:
        return msgspec.msgpack.decode(answer, type=Met)
    except msgspec.MsgspecError as error:
        raise Tampered(
            "unit_answer",
            "what came back about a file of the upload log is no answer",
            "Run the same version everywhere.",
        ) from error


def scan_unit(path: str, search: bytes) -> bytes:
    """Look through the unit at ``path`` for what ``search`` (of `search_bytes`) says; what came of it, for `met_in`."""
    since_us, wanted = _prepared(search)
    try:
        unit = Unit(Path(path))
        numbers = np.unique(np.concatenate([_NONE, *(_numbers(unit, kind, one) for kind, one in wanted.items())]))
        if since_us > unit.first_us:
            numbers = numbers[unit.times_us()[numbers] >= since_us]
        met = Met("read", unit.count, numbers.astype("<u4").tobytes())
    except NotFound:
        met = Met("gone")
    except TooLarge:
        met = Met("too_many_hits")
    except (Tampered, OSError):
        met = Met("damaged")
    return _ENCODER.encode(met)


_NONE = np.empty(0, np.uint32)


def _numbers(unit: Unit, kind: str, wanted: Wanted) -> NDArray[np.uint32]:
    rows = wanted.found(unit.codes(kind), HITS_MAX)[:, 0]
    return unit.owners(kind)[rows]


def _prepared(search: bytes) -> tuple[int, dict[str, Wanted]]:
    """Made once for all units that a process looks through."""
    with _PREPARING:
        return _prepare(search)


@lru_cache(maxsize=1)
def _prepare(search: bytes) -> tuple[int, dict[str, Wanted]]:
    told = msgspec.msgpack.decode(search, type=Search)
    wanted = {}
    for one in told.sought:
        codes = np.frombuffer(one.codes, np.uint8).reshape(-1, KINDS[one.kind].bits // 8)
        wanted[one.kind] = Wanted(codes, one.radius_bits)
    return told.since_us, wanted
