"""The pages of cases: the list, one case, an answer to her, a new receipt, the under-18 mark. Every read of a case is logged.

What is forbidden by what she agreed to is refused by the room (cases/casework.py); here it is said beside each button.
"""

from collections.abc import Callable, Mapping
from typing import Final, get_args

from starlette.responses import Response

from amparo.cases.model import CaseFilter, CaseKind, CaseRecord, may_answer, may_read_places
from amparo.cases.words import Words
from amparo.console.door import Door
from amparo.console.timeline import told
from amparo.console.turning import turning
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput
from amparo.intake.home import contact_in
from amparo.intake.model import TEXT_CHARS_MAX
from amparo.intake.receipts import shown
from amparo.terms.clock import from_us
from amparo.web.forms import Form

PAGE: Final = 50
ASKED: Final = frozenset({"called_back", "known_facts", "read_back"})
"""What is to be ticked before a new receipt is made."""
FLAGS: Final = ("waits", "found", "minor", "helper")


def listed(visit: Visit) -> Response:
    """The list, newest first, of those the filter leaves; sealed tips are only counted."""
    visit.doors.tips.ready(visit.staff)
    work, wanted = visit.doors.casework.work, filter_of(visit.query)
    if wanted != CaseFilter():
        visit.doors.staff.record.log_read(visit.staff, "cases", "")
    found = work.found(wanted, visit.place_in("before"), PAGE + 1)
    kept = "&".join(f"{name}={visit.query.one(name)}" for name in ("kind", *FLAGS) if visit.query.one(name) in _KNOWN)
    further = f"/cases?{kept}{'&' if kept else ''}before={found[PAGE - 1].number}" if len(found) > PAGE else ""
    return visit.page(
        "cases",
        cases=found[:PAGE],
        wanted=wanted,
        more=further,
        sealed=work.cases.sealed_tips(),
        aside=len(work.cases.asides()),
    )


def filter_of(query: Form) -> CaseFilter:
    """The filter in the address; what is none leaves everything."""
    kind: CaseKind | None = query.among("kind", get_args(CaseKind))
    waits, found, minor, helper = (query.one(name) == "1" for name in FLAGS)
    return CaseFilter(kind, waits, found, minor, helper)


_KNOWN: Final = frozenset({"1", *get_args(CaseKind)})


def one(visit: Visit) -> Response:
    """The case. Raises: NotFound (unknown_case)."""
    return _page(visit, visit.doors.casework.work.case(visit.args["uid"]))


def reply(visit: Visit) -> Response:
    """Show the answer as she will see it, or send it. What was typed stays on the page until it is sent."""
    work, uid, text = visit.doors.casework.work, visit.args["uid"], visit.form.one("text")
    record = work.case(uid)
    try:
        if visit.form.act != "send":
            return _page(visit, record, typed=text, preview=text.strip())
        work.reply(uid, text, _by(visit))
    except AmparoError as error:
        return _page(visit, record, error, typed=text)
    return visit.see(f"/cases/{uid}", "reply_sent")


def receipt(visit: Visit) -> Response:
    """What to ask before a new receipt is made. Raises: NotFound (unknown_case)."""
    return _receipt_page(visit, visit.doors.casework.work.case(visit.args["uid"]))


def renew(visit: Visit) -> Response:
    """Make it and show its number, this once: the answer is the only place where it stands."""
    work, uid, number = visit.doors.casework.work, visit.args["uid"], visit.form.one("number")
    record, keys = work.case(uid), visit.doors.staff.keys_of(visit.staff, "desk")
    try:
        if not set(visit.form.many("asked")) >= ASKED:
            raise BadInput("not_asked", "not all of it was asked", "Ask, then tick each.")
        digits = work.renew(uid, int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0, keys, _by(visit))  # fmt: skip
    except AmparoError as error:
        return _receipt_page(visit, record, error)
    visit.doors.staff.record.log_read(visit.staff, "receipt", uid)
    return visit.page("case_receipt", record=record, digits=shown(digits), has_keys=bool(keys), number=0, contact=None)


def mark(visit: Visit) -> Response:
    """It may show somebody under 18: one of the staff is enough, at once."""
    uid = visit.args["uid"]
    record = visit.doors.casework.work.case(uid)
    try:
        visit.doors.casework.mark_minor(visit.staff, uid)
    except AmparoError as error:
        return _page(visit, record, error)
    return visit.see(f"/cases/{uid}", "minor_marked")


def _page(
    visit: Visit, record: CaseRecord, error: AmparoError | None = None, typed: str = "", preview: str = ""
) -> Response:
    visit.doors.staff.record.log_read(visit.staff, "case", record.summary.uid)
    values = {**values_of(visit, record), "typed": typed, "preview": preview}
    return visit.page("case", error, 200, **values)


def values_of(visit: Visit, record: CaseRecord) -> Mapping[str, object]:
    """What the page of a case or tip shows, its texts opened with the keys of this session."""
    doors, one = visit.doors.casework, record.summary
    words = Words(visit.doors.staff.keys_of(visit.staff, "desk"))
    may_read = may_read_places(record)
    contact = None if record.contact is None else words.of(record.contact)
    return {
        "record": record,
        "one": one,
        "may_read": may_read,
        "may_answer": may_answer(record),
        "places": [words.of(sealed) if may_read else None for sealed in record.places],
        "messages": [(each, words.of(each.sealed)) for each in record.messages],
        "contact": contact_in(contact) if contact else None,
        "consents": _consents(record),
        "helper": None if one.entered_by is None else doors.helper(one.entered_by),
        "work_id": doors.work_of(visit.staff, one.uid),
        "words": words,
        "chars_max": TEXT_CHARS_MAX,
        "turning": turning(visit),
        "happened_here": lines_of(visit),
    }


def lines_of(visit: Visit) -> Callable[[str], str]:
    """Makes sentences of the lines of a timeline."""
    names = {one.id: one.name for one in visit.doors.staff.members()}
    return lambda line: told(line, visit.gettext, names)


def _receipt_page(visit: Visit, record: CaseRecord, error: AmparoError | None = None) -> Response:
    words = Words(visit.doors.staff.keys_of(visit.staff, "desk"))
    contact = None if record.contact is None else words.of(record.contact)
    visit.doors.staff.record.log_read(visit.staff, "case", record.summary.uid)
    given = contact_in(contact) if contact else None
    return visit.page(
        "case_receipt",
        error,
        record=record,
        digits="",
        has_keys=not words.is_closed,
        number=record.receipts + 1,
        contact=given,
        consents=_consents(record),
    )


def _consents(record: CaseRecord) -> Mapping[str, object]:
    """What was asked, by purpose, with when."""
    return {each.purpose: (each, from_us(each.at_us)) for each in record.consents}


def _by(visit: Visit) -> str:
    return f"staff:{visit.staff.id}"


DOORS: Final = (
    Door("GET", "/cases", "cases.read", listed),
    Door("GET", "/cases/{uid}", "cases.read", one),
    Door("POST", "/cases/{uid}/message", "cases.write", reply),
    Door("GET", "/cases/{uid}/receipt", "cases.write", receipt),
    Door("POST", "/cases/{uid}/receipt", "cases.write", renew),
    Door("POST", "/cases/{uid}/minor", "cases.write", mark),
)
