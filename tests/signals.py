"""Codes of every kind for property tests: bytes of its length, of a video some packed frames. Not a test."""

from hypothesis import strategies as st

from amparo.hashing import KINDS, Hashed, HashKind
from amparo.hashing.video import pack, quality_of

FRAMES = st.lists(
    st.tuples(st.integers(0, 2**32 - 1), st.builds(Hashed, st.binary(min_size=32, max_size=32), st.integers(0, 100))),
    min_size=1,
    max_size=5,
)


def codes(kind: HashKind):
    """Codes of that kind."""
    if kind.over == "frames":
        return FRAMES.map(lambda frames: pack(frames).code)
    return st.binary(min_size=kind.bits // 8, max_size=kind.bits // 8)


def qualities(kind: HashKind, code: bytes):
    """Qualities that a signal of this code may have."""
    if kind.over == "frames":
        return st.just(quality_of(code))
    return st.none() if kind.quality_min is None else st.integers(0, 100)


def picture_kinds() -> set[str]:
    """The kinds a picture has."""
    return {name for name, kind in KINDS.items() if kind.over != "frames"}
