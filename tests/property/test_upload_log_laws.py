"""Laws of the upload log: what goes in comes out, whatever the words and codes; a cut file holds what was whole before the cut."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.errors import Tampered
from amparo.uploads.journal import Journal, uploads_in
from amparo.uploads.model import Upload
from amparo.uploads.unit import HEADER_BYTES, Unit, packed

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
CODES = st.fixed_dictionaries(
    {},
    optional={
        "pdq": st.binary(min_size=32, max_size=32),
        "md5": st.binary(min_size=16, max_size=16),
        "sha256": st.binary(min_size=32, max_size=32),
    },
)
UPLOADS = st.lists(
    st.builds(Upload, st.integers(-(2**62), 2**62), WORDS, WORDS, st.none() | WORDS, CODES), min_size=1, max_size=12
)


def unit_at(folder: str, uploads: list[Upload]) -> Path:
    path = Path(folder) / "a.unit"
    raw = packed(uploads)
    assert raw is not None
    path.write_bytes(raw)
    return path


@given(UPLOADS)
def test_a_unit_gives_back_what_was_packed(uploads: list[Upload]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        unit = Unit(unit_at(folder, uploads))
        unit.check()
        assert list(unit.uploads()) == uploads
        assert unit.times_us().tolist() == [upload.at_us for upload in uploads]
        assert (unit.first_us, unit.last_us) == (min(unit.times_us()), max(unit.times_us()))
        for kind in unit.kinds:
            told = [(int(owner), code.tobytes()) for owner, code in zip(unit.owners(kind), unit.codes(kind), strict=True)]  # fmt: skip
            assert told == [(n, one.codes[kind]) for n, one in enumerate(uploads) if kind in one.codes]


@given(UPLOADS, st.integers(0, HEADER_BYTES - 1), st.integers(1, 255))
def test_no_change_of_the_header_goes_unseen(uploads: list[Upload], place: int, change: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = unit_at(folder, uploads)
        raw = bytearray(path.read_bytes())
        raw[place] ^= change
        path.write_bytes(raw)
        with pytest.raises(Tampered):
            Unit(path)


@given(UPLOADS, st.integers(HEADER_BYTES, 10**6), st.integers(1, 255))
def test_a_changed_body_is_refused_or_read_without_harm(uploads: list[Upload], place: int, change: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = unit_at(folder, uploads)
        raw = bytearray(path.read_bytes())
        raw[HEADER_BYTES + place % (len(raw) - HEADER_BYTES)] ^= change
        path.write_bytes(raw)
        try:
            unit = Unit(path)
            assert len(list(unit.uploads())) == len(uploads)
        except Tampered:
            return


@given(UPLOADS, st.integers(0, 10**6))
def test_a_cut_journal_holds_what_was_whole(uploads: list[Upload], cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), 1 << 20)
        ends = []
        for upload in uploads:
            journal.append([upload])
            (path,) = Path(folder).glob("*.open")
            ends.append(path.stat().st_size)
        journal.close()
        assert list(uploads_in(path)) == uploads
        raw = path.read_bytes()[: cut % (ends[-1] + 1)]
        path.write_bytes(raw)
        assert list(uploads_in(path)) == uploads[: sum(end <= len(raw) for end in ends)]
