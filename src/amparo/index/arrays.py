"""What an index may be given, checked; and codes as the packed words all else works on."""

import operator

import numpy as np
from numpy.typing import NDArray

from amparo.errors import BadInput

IDs = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

WORD_BITS = 64
BITS_MAX = 512


def words_for(bits: int) -> int:
    """How many 64-bit words a code of ``bits`` fills. Raises: BadInput (bad_bits)."""
    if bits % WORD_BITS or not 0 < bits <= BITS_MAX:
        raise BadInput("bad_bits", "codes of that length are not held", "Give a multiple of 64 from 64 to 512.")
    return bits // WORD_BITS


def as_ids(ids: IDs) -> IDs:
    """``ids`` as a contiguous int64[N], all at least 0. Raises: BadInput (bad_ids)."""
    if not isinstance(ids, np.ndarray) or ids.dtype != np.int64 or ids.ndim != 1:
        raise BadInput("bad_ids", "ids are not a flat array of 64-bit integers", "Give int64[N].")
    if ids.size and int(ids.min()) < 0:
        raise BadInput("bad_ids", "an id is below 0", "Give ids of at least 0.")
    return np.ascontiguousarray(ids)


def as_words(codes: Bytes, words: int) -> Words:
    """``codes`` uint8[N, words * 8] as uint64[N, words]. Raises: BadInput (bad_codes)."""
    size = words * 8
    if not isinstance(codes, np.ndarray) or codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != size:
        raise BadInput("bad_codes", f"codes are not rows of {size} bytes", f"Give uint8[N, {size}].")
    given = np.ascontiguousarray(codes)
    if given.ctypes.data % 8:
        given = given.copy()
    return given.view(np.uint64)


def as_queries(codes: Bytes, words: int) -> Bytes:
    """``codes`` as contiguous uint8[M, words * 8]. Raises: BadInput (bad_codes)."""
    size = words * 8
    if type(codes) is np.ndarray and codes.dtype == np.uint8 and codes.ndim == 2 and codes.shape[1] == size:
        return codes if codes.flags.c_contiguous else np.ascontiguousarray(codes)
    return as_words(codes, words).view(np.uint8)


def as_pairs(ids: IDs, codes: Bytes, words: int) -> tuple[IDs, Words]:
    """Both, checked, as many of one as of the other. Raises: BadInput (bad_ids, bad_codes)."""
    checked = as_ids(ids), as_words(codes, words)
    if len(checked[0]) != len(checked[1]):
        raise BadInput("bad_codes", f"{len(ids)} ids came with {len(codes)} codes", "Give one code for each id.")
    return checked


def limits_of(queries: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """int64[n + 1]: where the hits of each of n queries begin and end, when ``queries`` names each hit's."""
    limits = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(queries, minlength=n), out=limits[1:])
    return limits


def as_count(number: int, what: str, *, least: int) -> int:
    """``number`` as an int of at least ``least``. Raises: BadInput (bad_number) naming ``what``."""
    if type(number) is int and number >= least:
        return number
    try:
        whole = operator.index(number)
    except TypeError:
        whole = least - 1
    if whole < least:
        raise BadInput("bad_number", f"{what} is not a whole number of at least {least}", f"Give {what} as an int.")
    return whole
