"""One work at a time: its card with all that is known of it, what may be decided, and the next card in the answer. Judges no value."""

import secrets
from collections.abc import Callable
from typing import Any, Final

from anyio import from_thread
from starlette.responses import Response

from amparo.banks.model import Bank
from amparo.console import notices
from amparo.console.card_words import CAUSES, ORDERS, REASONS, SEVERITIES, TABLES
from amparo.console.door import Door
from amparo.console.filtering import address, filter_of
from amparo.console.turning import turning
from amparo.console.views.looks import panel
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput, Conflict, NotFound, Unavailable
from amparo.review.asking import OutcomeWord
from amparo.review.bank_acts import Entry
from amparo.review.model import Answer, Card, Decision
from amparo.review.queue import may_have
from amparo.review.seconds import Question
from amparo.web.forms import Form

UNDO_SHOWN: Final = 3
SAID: Final[dict[tuple[Answer, OutcomeWord], str]] = {
    ("confirm", "decided"): "confirmed",
    ("not_this", "decided"): "not_this",
    ("confirm", "waits_for_second"): "waits",
    ("not_this", "waits_for_second"): "waits",
    ("confirm", "already"): "already",
    ("not_this", "already"): "already",
}
COMMON: Final = frozenset({"work_decided"})
"""Refusals after which the next card is of more use than this one."""


def next_card(visit: Visit) -> Response:
    """The card that comes next."""
    counted = visit.place_in("copies") or 0, visit.place_in("late") or 0
    return _next(visit, said=visit.query.one("said"), counted=counted)


def shown(visit: Visit) -> Response:
    """The card of one work."""
    return card_page(visit, visit.doors.queue.card(visit.staff, visit.number("id")))


def act(visit: Visit) -> Response:
    """What the card's buttons ask for. A refusal leaves the card as it was, with all that was typed."""
    work_id = visit.number("id")
    try:
        if visit.form.act in ANSWERS:
            return _decide(visit, work_id, ANSWERS[visit.form.act])
        if visit.form.act not in ACTS:
            raise BadInput("no_answer", "no button of the card was pressed", "Use the buttons.")
        said, goes_on = ACTS[visit.form.act](visit, work_id)
    except AmparoError as error:
        if isinstance(error, NotFound) and error.slug != "no_media":
            raise
        if error.slug in COMMON:
            return on(visit, "already")
        return card_page(visit, visit.doors.queue.seen(visit.staff, work_id), error, typed=visit.form)
    return on(visit, said) if goes_on else stay(visit, work_id, said)


def undo(visit: Visit) -> Response:
    """Take a decision back; the work's card is there again."""
    try:
        made = visit.doors.deciding.undo(visit.staff, visit.number("id"))
    except NotFound:
        raise
    except AmparoError as error:
        return _next(visit, error)
    return stay(visit, made.work_id, "undone")


def on(visit: Visit, said: str, copies: int = 0, late: int = 0) -> Response:
    """The next card: put into the page at once for a script, else by its address. copies, late: what is told of a decision (review.asking)."""
    if visit.is_part:
        return _next(visit, said=said, counted=(copies, late))
    path = address("/queue/next", filter_of(visit.query, visit.staff))
    joint = "&" if "?" in path else "?"
    return visit.see(f"{path}{joint}copies={copies}&late={late}" if copies else path, said)


def stay(visit: Visit, work_id: int, said: str) -> Response:
    """The same card, as it is now."""
    path = address(f"/work/{work_id}", filter_of(visit.query, visit.staff))
    if not visit.is_part:
        return visit.see(path, said)
    return card_page(visit, visit.doors.queue.card(visit.staff, work_id), notice=_told(visit, said))


def card_page(
    visit: Visit,
    card: Card | None,
    error: AmparoError | None = None,
    typed: Form | None = None,
    notice: str = "",
) -> Response:
    """The page of a card, or of a queue without one. typed: what stood in its fields. notice: what was done, in the reader's language."""
    wanted = filter_of(visit.query, visit.staff)
    path = address(f"/work/{card.work.id}", wanted) if card else address("/queue", wanted)
    done: dict[str, Any] = {"notice": notice} if notice else {}
    told = visit.page(
        "card",
        error,
        **done,
        card=card,
        typed=typed or Form(),
        key=(typed.one("key") if typed else "") or secrets.token_hex(8),
        wanted=wanted,
        here=path,
        queue_path=address("/queue", wanted),
        next_path=address("/queue/next", wanted),
        default_reason="other_picture" if card and card.work.kind == "match" else "no_ground",
        recent=visit.doors.deciding.recent(visit.staff, UNDO_SHOWN) if visit.has("work.decide") else [],
        now=visit.doors.clock.now(),
        says=TABLES,
        **(_beside(visit, card, error) if card else {}),
    )
    if visit.is_part:
        told.headers["HX-Push-Url"] = path
    return told


def facts_beside(visit: Visit, card: Card, error: AmparoError | None = None) -> dict[str, Any]:
    """What stands on a page with a card's facts on it: names of staff, and the cases behind it, which the record tells were seen.

    error: why the page is shown again. Where the ledger takes nothing at all, what was typed is worth more than a second line of the record.
    """
    uids = [one for one in dict.fromkeys([card.work.case_uid, *(one.case_uid for one in card.contents)]) if one]
    tip = card.work.case_uid if card.work.kind == "tip" else None
    try:
        if uids:
            reads = [("tip_card" if uid == tip else "card", uid) for uid in uids]
            visit.doors.staff.record.log_reads(visit.staff, reads)
    except Unavailable:
        if not isinstance(error, Unavailable):
            raise
    members = visit.doors.staff.members()
    return {
        "cases": [visit.doors.cases.facts(uid) for uid in uids],
        "names": {one.id: one.name for one in members},
        "members": [one for one in members if one.ended_at is None and may_have(one.role, card.work.kind)],
    }


def _beside(visit: Visit, card: Card, error: AmparoError | None) -> dict[str, Any]:
    under_18 = visit.doors.minors.under_18.casefold()
    is_held = card.work.locked_by not in {None, visit.staff.id} and _is_later(visit, card)
    look = panel(visit, card.work.id) if visit.has("look") and card.work.state == "open" else None
    to_list = [one for one in look.copies if one[0].partition(":")[2]] if look and visit.has("banks.propose") else []
    return {
        **facts_beside(visit, card, error),
        "to_list": to_list,
        "to_banks": [one.name for one in _banks(visit)] if to_list else [],
        "is_held": is_held,
        "look": look,
        "may_decide": visit.has("work.decide") and card.work.state == "open" and not is_held,
        "turning": turning(visit),
        "outside": sorted({one.bank for one in card.contents if one.is_live and one.bank.casefold() != under_18}),
    }


def _is_later(visit: Visit, card: Card) -> bool:
    until = card.work.locked_until
    return until is not None and until > visit.doors.clock.now()


def _next(
    visit: Visit, error: AmparoError | None = None, said: str = "", counted: tuple[int, int] = (0, 0)
) -> Response:
    card = visit.doors.queue.next(visit.staff, filter_of(visit.query, visit.staff))
    told = f"{_told(visit, said)} {_counted(visit, *counted)}".strip() if said in notices.DONE else ""
    return card_page(visit, card, error, notice=told)


def _told(visit: Visit, said: str) -> str:
    return visit.gettext(notices.DONE[said])


def _counted(visit: Visit, copies: int, late: int) -> str:
    """How many copies were decided, and how many of them came since the card was opened; "" for one that was there."""
    words = visit.doors.pages.words(visit.language)
    told = []
    if copies > 1:
        told.append(
            words.ngettext("It holds for %(num)s copy.", "It holds for %(num)s copies.", copies) % {"num": copies}
        )
    if late:
        came = words.ngettext(
            "%(num)s of them came meanwhile: exact copies.", "%(num)s of them came meanwhile: exact copies.", late
        )
        told.append(came % {"num": late})
    return " ".join(told)


def _decide(visit: Visit, work_id: int, answer: Answer) -> Response:
    outcome = visit.doors.deciding.decide(visit.staff, work_id, decision_of(visit.form, answer), visit.form.one("key"))
    made = outcome.decision
    is_own = made is not None and made.by_id == visit.staff.id and made.answer == answer
    word: OutcomeWord = "decided" if outcome.word == "already" and is_own else outcome.word
    if word == "decided" and outcome.copies > 1:
        return on(visit, SAID[answer, word], outcome.copies, outcome.late)
    return on(visit, SAID[answer, word])


def decision_of(form: Form, answer: Answer) -> Decision:
    """What the form's fields say. Raises: BadInput (no_answer)."""
    order, reason, severity = form.one("order"), form.one("reason"), form.one("severity") or "0"
    if severity not in SEVERITIES or (answer == "not_this" and reason not in REASONS):
        raise BadInput("no_answer", "a field holds none of its answers", "Choose one of the list.")
    shown = form.one("shown")
    if answer == "confirm":
        return Decision("confirm", next((name for name in ORDERS if name == order), None), "", int(severity), shown)
    return Decision("not_this", None, reason, int(severity), shown)


Done = tuple[str, bool]
"""What is said of it, and whether the next card comes."""


def _skip(visit: Visit, work_id: int) -> Done:
    visit.doors.queue.skip(visit.staff, work_id)
    return "skipped", True


def _pass_on(visit: Visit, work_id: int) -> Done:
    visit.doors.queue.pass_on(visit.staff, work_id, member_of(visit.form))
    return "passed", True


def _assign(visit: Visit, work_id: int) -> Done:
    visit.doors.queue.assign(visit.staff, work_id, member_of(visit.form))
    return "assigned", False


def _comment(visit: Visit, work_id: int) -> Done:
    visit.doors.queue.comment(visit.staff, work_id, visit.form.one("comment"))
    return "commented", False


def _minor(visit: Visit, work_id: int) -> Done:
    cause = visit.gettext(CAUSES[visit.form.one("cause")]) if visit.form.one("cause") in CAUSES else ""
    visit.doors.minors.set_minor(visit.staff, work_id, cause)
    return "minor", False


def _clear_minor(visit: Visit, work_id: int) -> Done:
    reason = visit.form.one("why").strip()
    question = Question("clear_minor", f"work:{work_id}", answer="clear", reason=reason)
    visit.doors.seconds.ask(visit.staff, question)
    return "asked", False


def _list(visit: Visit, work_id: int) -> Done:
    form = visit.form
    if form.one("adult") != "1":
        raise Conflict("not_adult", "it was not said that only adults are shown", "Use the route of the place.")
    bank = next((one for one in _banks(visit) if one.name == form.one("bank")), None)
    if bank is None:
        raise BadInput("no_answer", "there is no such bank to list it in", "Choose one of the list.")
    entry = Entry(form.one("key"), form.one("note"), form.one("because").strip())
    from_thread.run(visit.doors.item_entry.ask, visit.staff, work_id, form.one("copy"), (bank, entry))
    return "second_asked", False


def _banks(visit: Visit) -> list[Bank]:
    """Those in which staff list what they are sure of: of what is looked for, and not of persons' own."""
    policies = visit.doors.banking.policies
    return [
        one
        for one in visit.doors.banking.banks.banks()
        if one.polarity == "positive" and not policies.is_of_cases(one.name)
    ]


def member_of(form: Form) -> int | None:
    """The one of the staff who was chosen; None for nobody. Raises: BadInput (no_answer)."""
    text = form.one("to")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadInput("no_answer", "nobody of that number", "Choose one of the list.")
    return int(text)


ANSWERS: Final[dict[str, Answer]] = {"confirm": "confirm", "not-this": "not_this"}
ACTS: Final[dict[str, Callable[[Visit, int], Done]]] = {
    "skip": _skip,
    "pass": _pass_on,
    "assign": _assign,
    "comment": _comment,
    "list": _list,
    "minor": _minor,
    "clear-minor": _clear_minor,
}
DOORS: Final = (
    Door("GET", "/queue/next", "work.decide", next_card),
    Door("GET", "/work/{id}", "work.read", shown),
    Door("POST", "/work/{id}", "work.decide", act),
    Door("POST", "/decisions/{id}/undo", "work.decide", undo),
)
