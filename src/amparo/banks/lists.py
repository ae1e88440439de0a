"""Hash lists as text, CSV with a header or JSON lines, one signal a row: parsed and written. Touches no database."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from amparo.banks.model import Content, Listing, check_listing
from amparo.errors import AmparoError, BadInput
from amparo.hashing import parse_signal, value_of

LINE_BYTES_MAX = 1024 * 1024
"""A video of two hours, quoted, fits."""
csv.field_size_limit(LINE_BYTES_MAX)


class ListRow(msgspec.Struct, forbid_unknown_fields=True):
    """One row of a list: ``kind,value[,external_id,note]``."""

    kind: str
    value: str
    external_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out. row: its number, the first of the list is 1 (a CSV header is not counted)."""

    row: int
    slug: str
    text: str


_DECODE = msgspec.json.Decoder(ListRow)


def parse_jsonl(lines: Iterable[bytes], first_row: int = 1) -> Iterator[Listing | BadRow]:
    """A Listing or BadRow for each line that is not blank; blank ones count as rows and are passed over."""
    for number, line in enumerate(lines, first_row):
        if not line.strip():
            continue
        try:
            yield _listing(_decoded(line))
        except AmparoError as error:
            yield BadRow(number, error.slug, error.text)


class CSVParser:
    """Rows of a CSV list that comes in pieces; its header must name ``kind`` and ``value``."""

    def __init__(self) -> None:
        self._header: list[str] | None = None

    def parse(self, lines: Iterable[bytes], first_row: int = 1) -> Iterator[Listing | BadRow]:
        """A Listing or BadRow for each row. Raises: BadInput (bad_header). A quoted field may not hold a line break."""
        number = first_row - 1
        for line in lines:
            if self._header is None:
                self._header = _header(line)
                continue
            number += 1
            if not line.strip():
                continue
            try:
                yield _listing(self._row(line))
            except AmparoError as error:
                yield BadRow(number, error.slug, error.text)

    @property
    def has_header(self) -> bool:
        """Whether the header has been read."""
        return self._header is not None

    def _row(self, line: bytes) -> ListRow:
        cells = _cells(line)
        header = self._header or []
        if len(cells) > len(header):
            raise BadInput("bad_row", "the row has more fields than the header", "Quote fields that hold commas.")
        named = {name: cell for name, cell in zip(header, cells, strict=False) if name in ListRow.__struct_fields__}
        return ListRow(
            kind=named.get("kind", ""),
            value=named.get("value", ""),
            external_id=named.get("external_id") or None,
            note=named.get("note") or None,
        )


def rows_of(content: Content) -> Iterator[bytes]:
    """The content as JSON lines, one a signal, as ``parse_jsonl`` reads them."""
    for signal in content.signals:
        row = ListRow(signal.kind, value_of(signal), content.external_id, content.note)
        yield msgspec.json.encode(row) + b"\n"


def _decoded(line: bytes) -> ListRow:
    if len(line) > LINE_BYTES_MAX:
        raise BadInput("bad_row", f"the row is longer than {LINE_BYTES_MAX} bytes", "One signal a row.")
    try:
        return _DECODE.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(
            "bad_row", "the row is not an object with kind and value as text", "See the list format."
        ) from error


def _header(line: bytes) -> list[str]:
    cells = [cell.strip().lower() for cell in _cells(line.removeprefix(b"\xef\xbb\xbf"))]
    if "kind" not in cells or "value" not in cells:
        raise BadInput(
            "bad_header", "the first line of a CSV list names at least kind and value", "kind,value,external_id,note"
        )
    return cells


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.decode().rstrip("\r\n")], strict=True), [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadInput("bad_row", "the row is not CSV in UTF-8", "Save the list as CSV, UTF-8.") from error


def _listing(row: ListRow) -> Listing:
    return check_listing(Listing((parse_signal(row.kind, row.value),), row.external_id, row.note))
