"""Hash lists in and out of a bank, streamed. Parsing and listing stand in the banks room."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from amparo.access.model import Principal
from amparo.api import bodies
from amparo.api.banking import bank_of, origin_of
from amparo.api.doors import Doors
from amparo.banks.lists import LINE_BYTES_MAX, BadRow, CSVParser, parse_jsonl, rows_of
from amparo.banks.model import Bank, Listing
from amparo.doorway.bodies import media_type_of
from amparo.errors import AmparoError, NotFound, WrongMediaType

ROWS_PER_COMMIT = 2_000
EXPORT_PAGE = 1_000
HELD_BYTES_MAX = 16 * 1024 * 1024


@dataclass(slots=True)
class _Import:
    """How far one import has come."""

    doors: Doors
    bank: Bank
    origin: str
    relist: bool
    csv: CSVParser | None
    rows_read: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    bad: list[BadRow] = field(default_factory=list)

    def take_in(self, lines: list[bytes]) -> None:
        """List one run of lines, durable when this returns."""
        header = self.csv is not None and not self.csv.has_header
        parsed = self.csv.parse(lines, self.rows_read + 1) if self.csv else parse_jsonl(lines, self.rows_read + 1)
        listings: list[Listing] = []
        for one in parsed:
            if isinstance(one, Listing):
                listings.append(one)
                continue
            self.outcomes["bad"] += 1
            if len(self.bad) < self.doors.settings.list_errors_max:
                self.bad.append(one)
        self.rows_read += len(lines) - (1 if header and lines else 0)
        if self.doors.banks.bank(self.bank.name).id != self.bank.id:  # deleted and made anew, for others maybe
            raise NotFound("unknown_bank", "the bank was deleted", "List the banks this key may see.")
        listed = self.doors.banks.list_contents(self.bank.name, self.origin, listings, relist=self.relist)
        self.outcomes.update(one.outcome for one in listed)

    def report(self, error: AmparoError | None) -> bytes:
        """A line for each bad row, then what became of all; an ``error`` that ended it stands before the summary."""
        told: list[object] = [{"row": one.row, "error": {"slug": one.slug, "text": one.text}} for one in self.bad]
        if error is not None:
            told.append({"row": self.rows_read + 1, "error": {"slug": error.slug, "text": error.text}})
        told.append({"summary": {name: self.outcomes[name] for name in ("added", "already", "withdrawn", "bad")}})
        return b"".join(msgspec.json.encode(line) + b"\n" for line in told)


async def import_list(request: Request, doors: Doors, principal: Principal) -> Response:
    """POST /v1/banks/{bank}/import: idempotent; what was committed before an error stays and is in the summary."""
    media_type = media_type_of(request)
    if media_type not in {"application/jsonl", "application/x-ndjson", "text/csv"}:
        raise WrongMediaType("wrong_media_type", "a list is application/jsonl or text/csv", "Set Content-Type.")
    bank = await bank_of(request, doors, principal)
    relist = bodies.flag(request.query_params.get("relist"), "relist")
    work = _Import(doors, bank, origin_of(principal), relist, CSVParser() if media_type == "text/csv" else None)
    error = None
    try:
        held: list[bytes] = []
        held_bytes = 0
        limits = doors.settings
        async for lines in bodies.lines(request, limits.list_bytes_max, LINE_BYTES_MAX, limits.body_ms_max):
            held += lines
            held_bytes += sum(map(len, lines))
            while len(held) >= ROWS_PER_COMMIT or held_bytes > HELD_BYTES_MAX:
                now, held = held[:ROWS_PER_COMMIT], held[ROWS_PER_COMMIT:]
                held_bytes = sum(map(len, held))
                await run_sync(work.take_in, now)
        if held:
            await run_sync(work.take_in, held)
    except AmparoError as failed:
        error = failed
    return Response(work.report(error), error.http_status if error else 200, media_type="application/jsonl")


async def export_list(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/banks/{bank}/export: all live contents, a line a signal, as import reads them."""
    bank = await bank_of(request, doors, principal)

    async def lines() -> AsyncIterator[bytes]:
        """A page of contents at a time."""
        after = 0
        while page := await run_sync(doors.banks.contents, bank, after, EXPORT_PAGE):
            yield b"".join(line for content in page for line in rows_of(content))
            after = page[-1].id

    return StreamingResponse(lines(), media_type="application/jsonl")
