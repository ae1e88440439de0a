"""Laws of hash lists: any bytes are parsed without a crash, a bad row is named by its number, what is written is read back."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amparo.banks.lists import LINE_BYTES_MAX, BadRow, CSVParser, parse_jsonl, rows_of
from amparo.banks.model import Content, Listing
from amparo.errors import BadInput
from amparo.hashing import KINDS, parse_signal, value_of
from amparo.match.judge import is_searched
from amparo.terms.signal import Signal
from tests.signals import codes

AT = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = b"kind,value,external_id,note\n"
SIGNALS = st.sampled_from(sorted(KINDS)).flatmap(
    lambda name: (
        codes(KINDS[name])
        .map(lambda code: parse_signal(name, value_of(Signal(name, code))))
        .filter(lambda signal: is_searched(signal.kind, signal.quality))
    )
)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
IDS = st.none() | TEXT.filter(lambda text: text and text.isprintable())
GOOD = json.dumps({"kind": "md5", "value": "0" * 32}).encode()
ROW = st.fixed_dictionaries(
    {},
    optional={
        name: st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)
        for name in ("kind", "value", "external_id", "note", "quality")
    }
    | {"kind": st.sampled_from(["md5", "pdq", "PDQ", ""]), "value": st.sampled_from(["0" * 32, "0" * 64, "F" * 64, "nan"])},
)  # fmt: skip


def contents(signals: st.SearchStrategy) -> st.SearchStrategy[Content]:
    return st.builds(
        lambda signals, external_id, note: Content(
            1, 1, "site", external_id, note, None, AT, None, None, None, signals
        ),
        signals,
        IDS,
        st.none() | TEXT,
    )


def told(parsed) -> dict[int, str]:
    return {one.row: one.slug for one in parsed if isinstance(one, BadRow)}


@given(st.lists(st.binary(max_size=80) | ROW.map(lambda row: json.dumps(row).encode()), max_size=6))
@example([b"[" * 60_000])
@example([b'{"kind":' + b"[" * 60_000])
@example([b'{"kind":"md5","value":"' + b"0" * 32 + b'","note":"\\ud800"}'])
@example([b'{"kind":"md5","value":"' + b"0" * 32 + b'","external_id":"\\u0000"}'])
@example([b'{"kind":NaN,"value":1e999}'])
@example([b"\xff\xfe", b"\xef\xbb\xbf{}", b"null", b"1e999"])
@example([b"9" * 5_000])
def test_any_lines_are_listings_or_bad_rows_by_number(lines):
    parsed = list(parse_jsonl(lines))
    assert all(isinstance(one, Listing | BadRow) for one in parsed)
    assert len(parsed) == sum(bool(line.strip()) for line in lines)
    assert set(told(parsed)) <= {number for number, line in enumerate(lines, 1) if line.strip()}


@given(st.lists(st.binary(max_size=80) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))))
@example([b'md5,"' + b"0" * 32])
@example([b'md5,"' + b"0" * 32 + b'\n"'])
@example([b"md5," + b"0" * 200_000])
@example([b"a\rb", b"\0", b"\xff", b'"a"b'])
@example([b"," * 5_000])
def test_any_csv_rows_are_listings_or_bad_rows_by_number(lines):
    parser = CSVParser()
    parsed = list(parser.parse([HEADER, *lines]))
    assert all(isinstance(one, Listing | BadRow) for one in parsed)
    assert set(told(parsed)) <= {number for number, line in enumerate(lines, 1) if line.strip()}
    assert len(parsed) == sum(bool(line.strip()) for line in lines)


@given(st.binary(max_size=80))
@example(b"")
@example(b"\xef\xbb\xbfKIND, Value")
@example(b"kind,value\0")
def test_any_first_line_is_a_header_or_refused(line):
    parser = CSVParser()
    slug = None
    try:
        list(parser.parse([line]))
    except BadInput as error:
        slug = error.slug
    assert slug in (None, "bad_header", "bad_row")
    assert parser.has_header == (slug is None)


@given(st.lists(st.booleans(), max_size=12), st.integers(1, 5))
def test_bad_rows_are_named_by_number_however_the_list_is_cut(good, size):
    expected = [number for number, fine in enumerate(good, 1) if not fine]
    jsonl = [GOOD if fine else b'{"kind":"md5"}' for fine in good]
    rows = [b"md5," + b"0" * 32 if fine else b"md5,xyz" for fine in good]
    lines = [HEADER, *rows]
    by_json, by_csv, parser, row = [], [], CSVParser(), 1
    for at in range(0, len(jsonl), size):
        by_json += told(parse_jsonl(jsonl[at : at + size], at + 1))
    for at in range(0, len(lines), size):
        header = not parser.has_header
        part = lines[at : at + size]
        by_csv += told(parser.parse(part, row))
        row += len(part) - header
    assert by_json == expected
    assert by_csv == expected


@given(contents(st.lists(SIGNALS, min_size=1, max_size=4).map(tuple)))
def test_what_is_exported_is_imported(content):
    parsed = list(parse_jsonl(rows_of(content)))
    assert [one.signals for one in parsed] == [(signal,) for signal in content.signals]
    assert {(one.external_id, one.note) for one in parsed} == {(content.external_id, content.note)}


@given(contents(SIGNALS.map(lambda signal: (signal,))))
def test_a_csv_row_says_what_a_json_row_says(content):
    (signal,) = content.signals
    row = io.StringIO()
    csv.writer(row).writerow([signal.kind, value_of(signal), content.external_id or "", content.note or ""])
    (listing,) = CSVParser().parse([HEADER, row.getvalue().encode()])
    assert listing == Listing((signal,), content.external_id, content.note or None)


@pytest.mark.parametrize(
    ("line", "slug"),
    [
        (b"{}", "bad_row"),
        (b'{"kind":"md5","value":"00"}', "bad_value"),
        (b'{"kind":"md5","value":"' + b"A" * 32 + b'"}', "bad_value"),
        (b'{"kind":"phash","value":"00"}', "unknown_kind"),
        (b'{"kind":"md5","value":"' + b"0" * 32 + b'","quality":3}', "bad_row"),
        (b'{"kind":"md5","value":"' + b"0" * 32 + b'","external_id":"a\\nb"}', "bad_external_id"),
        (b'{"kind":"md5","value":"' + b"0" * 32 + b'","external_id":""}', "bad_external_id"),
        (b'{"kind":"md5","value":"' + b"0" * 32 + b'","note":"' + b"x" * 2_001 + b'"}', "bad_note"),
        (b" " * LINE_BYTES_MAX + GOOD, "bad_row"),
        (b'{"kind":"vpdq","value":"[]"}', "bad_value"),
        (b'{"kind":"vpdq","value":"[\\"' + b"0" * 64 + b',49,0.0\\"]"}', "low_detail"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_by_its_slug(line, slug):
    assert told(parse_jsonl([GOOD, b"  ", line])) == {3: slug}


@pytest.mark.parametrize(
    ("line", "slug"),
    [
        (b"md5,00", "bad_value"),
        (b"md5", "bad_value"),
        (b"phash,00", "unknown_kind"),
        (b"md5," + b"0" * 32 + b",x,y,z", "bad_row"),
        (b'md5,"' + b"0" * 32, "bad_row"),
        (b"\xff,00", "bad_row"),
    ],
)
def test_what_is_wrong_with_a_csv_row_is_said_by_its_slug(line, slug):
    assert told(CSVParser().parse([HEADER, b"md5," + b"0" * 32, b"\n", line])) == {3: slug}


def test_unknown_columns_are_passed_over_and_columns_stand_in_any_order():
    parser = CSVParser()
    lines = [
        "\ufeffNote,value,quality, KIND ,external_id\r\n".encode(),
        "她说,{},7,md5,案一\r\n".format("0" * 32).encode(),
    ]
    assert list(parser.parse(lines)) == [Listing((Signal("md5", bytes(16)),), "案一", "她说")]


@pytest.mark.parametrize("header", [b"", b"kind", b"value,note", b"md5,00"])
def test_a_header_without_kind_and_value_is_refused(header):
    with pytest.raises(BadInput) as caught:
        list(CSVParser().parse([header]))
    assert caught.value.slug == "bad_header"
