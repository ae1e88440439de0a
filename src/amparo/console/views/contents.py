"""The pages of contents: those of a bank, the guarded ones, one content, searching, entering. Of a hash only its beginning is shown."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from amparo.banks.changing import Turn
from amparo.banks.model import Bank, Content
from amparo.console.door import CSP_FILES, Door
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput, Conflict
from amparo.hashing import KINDS, parse_signal, value_of
from amparo.hashing.video import frames_of
from amparo.review.bank_acts import CASE_ORIGIN, Entry
from amparo.terms.signal import Signal

PAGE: Final = 50
TURNS: Final[dict[str, Turn]] = {"release": "content_released", "off": "content_off", "on": "content_on"}
"""What the buttons of a content do."""
EVENTS: Final = 20
BEGINNING: Final = 8
LINES_MAX: Final = 64
HEX: Final = re.compile(r"[0-9a-f]+")
DIGITS: Final = {32: ("md5",), 64: ("pdq", "sha256")}
"""Which kinds a hash of so many digits can be of."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A signal as it stands on a page. start: the first digits of its hash. frames: of a video, else 0."""

    kind: str
    start: str
    quality: int | None
    frames: int


def listed(visit: Visit) -> Response:
    """The contents of a bank, by pages. Raises: NotFound (unknown_bank)."""
    bank, after = _bank(visit), _after(visit)
    return _listed(visit, bank, visit.doors.banking.banks.contents(bank, after, PAGE + 1), "contents")


def guarded(visit: Visit) -> Response:
    """Those that match so often that no machine acts on them. Raises: NotFound (unknown_bank)."""
    bank, after = _bank(visit), _after(visit)
    return _listed(visit, bank, visit.doors.banking.desk.flooded(bank, after, PAGE + 1), "guarded")


def one(visit: Visit) -> Response:
    """One content. Raises: NotFound (unknown_bank, unknown_content), Gone (withdrawn)."""
    bank = _bank(visit)
    return _page(visit, bank, visit.doors.banking.banks.content(bank, visit.number("id")))


def act(visit: Visit) -> Response:
    """Release it from the guard, turn it off, or on again. Raises: as ``one``."""
    bank, banks = _bank(visit), visit.doors.banking.banks
    content = banks.content(bank, visit.number("id"))
    if visit.form.act not in TURNS:
        return _page(visit, bank, content, BadInput("no_answer", "none of the buttons was pressed", "Press one."))
    visit.doors.banking.policies.turn(visit.staff, TURNS[visit.form.act], bank, content.id)
    if visit.form.one("from") == "guarded":
        return visit.see(f"/banks/{bank.name}/guarded", "saved")
    return visit.see(f"/banks/{bank.name}/contents/{content.id}", "saved")


def ask_withdraw(visit: Visit) -> Response:
    """Say whose it is and that it is final. Raises: as ``one``."""
    bank = _bank(visit)
    content = visit.doors.banking.banks.content(bank, visit.number("id"))
    return visit.page("content_withdraw", None, 200, **_values(bank, content))


def withdraw(visit: Visit) -> Response:
    """Withdraw it, once it was said twice. Raises: as ``one``."""
    bank, doors = _bank(visit), visit.doors.banking
    content = doors.banks.content(bank, visit.number("id"))
    try:
        if visit.form.one("sure") != "1":
            raise BadInput("not_sure", "it was not said twice", "Tick the line.")
        doors.acts.withdraw(visit.staff, bank, content)
    except AmparoError as error:
        return visit.page("content_withdraw", error, 200, **_values(bank, content))
    return visit.see(f"/banks/{bank.name}", "withdrawn")


def ask_search(visit: Visit) -> Response:
    """The page to search."""
    return visit.page("bank_search", found=None, typed="")


def search(visit: Visit) -> Response:
    """What is near. That it was searched is kept; what for is kept nowhere."""
    visit.doors.staff.record.log_read(visit.staff, "search", "banks")
    try:
        found = visit.doors.banking.finder.find(signals_in(visit.form.one("hashes")))
    except AmparoError as error:
        return visit.page("bank_search", error, found=None, typed=visit.form.one("hashes"))
    return visit.page("bank_search", found=found, typed="")


def ask_entry(visit: Visit) -> Response:
    """The page to enter one picture. Raises: NotFound (unknown_bank)."""
    return visit.page("bank_entry", bank=_bank(visit), typed=None, key=secrets.token_hex(8))


def enter(visit: Visit) -> Response:
    """Ask another of the staff. Raises: NotFound (unknown_bank)."""
    bank, form = _bank(visit), visit.form
    try:
        if form.one("adult") != "1":
            raise Conflict("not_adult", "it was not said that only adults are shown", "Use the route of the place.")
        signals = signals_in(form.one("hashes"), may_guess=False)
        entry = Entry(form.one("key"), form.one("note"), form.one("reason"))
        visit.doors.banking.acts.ask_entry(visit.staff, bank, signals, entry)
    except AmparoError as error:
        key = form.one("key") or secrets.token_hex(8)
        return visit.page("bank_entry", error, bank=bank, typed=form, key=key)
    return visit.see(f"/banks/{bank.name}", "second_asked")


def signals_in(text: str, *, may_guess: bool = True) -> list[Signal]:
    """The hashes in lines ``kind value [quality]``; a hash alone is taken for every kind it can be of, where that may be guessed.

    Raises: BadInput (no_signals, too_many_signals, bad_hash and those of parse_signal).
    """
    lines = [line.split(None, 1) for line in text.strip().split("\n") if line.strip()]
    if not lines:
        raise BadInput("no_signals", "there is no hash", "Give one, or drop a picture.")
    if len(lines) > LINES_MAX:
        raise BadInput("too_many_signals", "these are more hashes than are taken at once", "Take fewer.")
    return [signal for line in lines for signal in _signals(line, may_guess=may_guess)]


def _signals(line: list[str], *, may_guess: bool) -> Iterator[Signal]:
    if len(line) == 1:
        value = line[0].lower()
        kinds = DIGITS.get(len(value), ()) if HEX.fullmatch(value) else ()
        if not kinds or (len(kinds) > 1 and not may_guess):
            raise BadInput("bad_hash", "this is no hash of a known kind", "Write its kind before it.")
        yield from (parse_signal(kind, value) for kind in kinds)
        return
    kind, value = line
    if kind == "pdq" and " " in value:
        value, _, told = value.partition(" ")
        if not (told.isascii() and told.isdigit() and len(told) <= 3):
            raise BadInput("bad_hash", "a quality is a number from 0 to 100", "Leave it out.")
        yield Signal(kind, parse_signal(kind, value).code, min(100, int(told)))
        return
    yield parse_signal(kind, value)


def _listed(visit: Visit, bank: Bank, found: list[Content], where: str) -> Response:
    is_more = len(found) > PAGE
    rows = [(content, sorted({signal.kind for signal in content.signals})) for content in found[:PAGE]]
    more = f"/banks/{bank.name}/{where}?after={found[PAGE - 1].id}" if is_more else ""
    return visit.page(f"bank_{where}", bank=bank, rows=rows, more=more, case_origin=CASE_ORIGIN)


def _page(visit: Visit, bank: Bank, content: Content, error: AmparoError | None = None) -> Response:
    if content.origin.startswith(CASE_ORIGIN):
        visit.doors.staff.record.log_read(visit.staff, "content", f"{bank.name}:{content.id}")
    events = visit.doors.banking.supposing.events_of(content.id, EVENTS)
    return visit.page("content", error, 200, **{**_values(bank, content), "events": events})


def _values(bank: Bank, content: Content) -> dict[str, object]:
    is_case = content.origin.startswith(CASE_ORIGIN)
    return {
        "bank": bank,
        "content": content,
        "signals": [_shown(one) for one in content.signals],
        "is_off": content.disable_until_us is not None,
        "case_uid": content.origin.removeprefix(CASE_ORIGIN) if is_case else "",
    }


def _shown(signal: Signal) -> Shown:
    if KINDS[signal.kind].over == "frames":
        frames = frames_of(signal.code)
        return Shown(signal.kind, bytes(frames["code"][0]).hex()[:BEGINNING], signal.quality, len(frames))
    return Shown(signal.kind, value_of(signal)[:BEGINNING], signal.quality, 0)


def _bank(visit: Visit) -> Bank:
    return visit.doors.banking.banks.bank(visit.args["bank"])


def _after(visit: Visit) -> int:
    text = visit.query.one("after")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


DOORS: Final = (
    Door("GET", "/search", "banks.read", ask_search, CSP_FILES),
    Door("POST", "/search", "banks.read", search, CSP_FILES),
    Door("GET", "/banks/{bank}/contents", "banks.read", listed),
    Door("GET", "/banks/{bank}/guarded", "banks.read", guarded),
    Door("GET", "/banks/{bank}/entry", "banks.propose", ask_entry, CSP_FILES),
    Door("POST", "/banks/{bank}/entry", "banks.propose", enter, CSP_FILES),
    Door("GET", "/banks/{bank}/contents/{id}", "banks.read", one),
    Door("POST", "/banks/{bank}/contents/{id}", "banks.policy", act),
    Door("GET", "/banks/{bank}/contents/{id}/withdraw", "banks.policy", ask_withdraw),
    Door("POST", "/banks/{bank}/contents/{id}/withdraw", "banks.policy", withdraw),
)
