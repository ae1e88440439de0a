"""The pages of banks: the list, one bank with its policy, what other thresholds would have done, taking a list away. Shows no hash."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response, StreamingResponse

from amparo.banks.model import Bank, BankPolicy
from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput, Conflict
from amparo.hashing import KINDS
from amparo.review.bank_acts import CASE_ORIGIN
from amparo.web.forms import Form

CHOSEN: Final = tuple(name for name, kind in KINDS.items() if not kind.is_exact)
"""The kinds whose threshold can be chosen."""
DAYS_USUAL: Final = 28


def listed(visit: Visit) -> Response:
    """All banks."""
    return _list(visit)


def make(visit: Visit) -> Response:
    """A new bank."""
    try:
        bank = visit.doors.banking.policies.new_bank(visit.staff, visit.form.one("name"), visit.form.one("polarity"))
    except AmparoError as error:
        return _list(visit, error)
    return visit.see(f"/banks/{bank.name}", "saved")


def one(visit: Visit) -> Response:
    """One bank. Raises: NotFound (unknown_bank)."""
    return _page(visit, _bank(visit))


def change(visit: Visit) -> Response:
    """Save the policy, or first ask what its thresholds would have done. Raises: NotFound (unknown_bank)."""
    bank = _bank(visit)
    try:
        policy = _policy(visit.form, bank)
        if visit.form.act == "ask":
            number = visit.doors.banking.supposing.ask(bank, policy.thresholds or {}, _days(visit.form), visit.staff.id)
            return visit.see(f"/banks/{bank.name}/what-if/{number}")
        _check_asked(visit, bank, policy)
        visit.doors.banking.policies.change(visit.staff, bank.name, policy)
    except AmparoError as error:
        return _page(visit, bank, error, typed=visit.form)
    return visit.see(f"/banks/{bank.name}", "saved")


def what_if(visit: Visit) -> Response:
    """What was counted by now. Raises: NotFound (unknown_bank, unknown_question)."""
    bank = _bank(visit)
    asked = visit.doors.banking.supposing.one(bank, visit.number("id"))
    now = {kind: bank.threshold_bits(kind) for kind in asked.thresholds}
    contents = sorted({**asked.lost.contents, **asked.gained.contents})
    return visit.page(
        "bank_what_if",
        bank=bank,
        asked=asked,
        now=now,
        is_open=asked.state in ("waiting", "running"),
        contents=[(one, asked.lost.contents.get(one, 0), asked.gained.contents.get(one, 0)) for one in contents][:50],
        further=max(0, len(contents) - 50),
        has_log=visit.doors.banking.has_log,
    )


def end(visit: Visit) -> Response:
    """Do not go on counting. Raises: NotFound (unknown_bank, unknown_question)."""
    bank, number = _bank(visit), visit.number("id")
    visit.doors.banking.supposing.end(bank, number)
    return visit.see(f"/banks/{bank.name}/what-if/{number}")


def ask_export(visit: Visit) -> Response:
    """Ask another of the staff for leave to take the list away. Raises: NotFound (unknown_bank)."""
    bank = _bank(visit)
    try:
        visit.doors.banking.acts.ask_export(visit.staff, bank, visit.form.one("reason"))
    except AmparoError as error:
        return _page(visit, bank, error)
    return visit.see(f"/banks/{bank.name}", "second_asked")


def export(visit: Visit) -> Response:
    """The list, for the two who may take it. Raises: NotFound (unknown_bank, no_leave)."""
    bank, number = _bank(visit), visit.number("id")
    lines = visit.doors.banking.desk.taken_away(bank, number, visit.staff.id)
    visit.doors.staff.record.log_read(visit.staff, "bank_list", f"{bank.name}:{number}")
    name = f'attachment; filename="{bank.name}.jsonl"'
    return StreamingResponse(lines, media_type="application/jsonl", headers={"content-disposition": name})


def _list(visit: Visit, error: AmparoError | None = None) -> Response:
    doors = visit.doors.banking
    counts = doors.desk.counts()
    banks = [(bank, *counts.get(bank.id, (0, 0))) for bank in doors.banks.banks()]
    return visit.page("banks", error, banks=banks, typed=visit.form.one("name"))


def _page(visit: Visit, bank: Bank, error: AmparoError | None = None, typed: Form | None = None) -> Response:
    doors = visit.doors.banking
    now = visit.doors.clock.now()
    leaves = [leave for leave in doors.desk.exports(bank) if visit.staff.id in leave.staff and now < leave.until]
    return visit.page(
        "bank",
        error,
        bank=bank,
        typed=_typed(bank, typed),
        contents=doors.banks.count(bank),
        is_of_cases=doors.policies.is_of_cases(bank.name),
        flooded=doors.desk.count_flooded(bank),
        left=doors.desk.left(bank),
        origins=doors.desk.origins(bank, CASE_ORIGIN),
        case_origin=CASE_ORIGIN,
        writers=doors.writers(bank),
        leaves=leaves,
        questions=doors.supposing.of_bank(bank),
        days=DAYS_USUAL,
        needs_sure=error is not None and error.slug == "ask_first",
    )


def _bank(visit: Visit) -> Bank:
    return visit.doors.banking.banks.bank(visit.args["bank"])


def _typed(bank: Bank, form: Form | None) -> Mapping[str, object]:
    """What stands in the form: what was typed, else what is in force."""
    if form is None:
        bits: dict[str, object] = {kind: bank.threshold_bits(kind) for kind in CHOSEN}
        own: dict[str, object] = {"action": bank.action, "polarity": bank.polarity, "paused": bank.paused}
        return {"bits": bits, "share": f"{bank.staged_share * 100:g}", **own}
    return {
        "bits": {kind: form.one(f"bits-{kind}") for kind in CHOSEN},
        "share": form.one("share"),
        "action": form.one("action"),
        "polarity": form.one("polarity") or bank.polarity,
        "paused": form.one("paused") == "1",
    }


def _policy(form: Form, bank: Bank) -> BankPolicy:
    """Raises: BadInput (bad_number)."""
    bits = {kind: _whole(form.one(f"bits-{kind}")) for kind in CHOSEN}
    changed = {kind: one for kind, one in bits.items() if one != bank.threshold_bits(kind)}
    return BankPolicy(
        polarity=form.one("polarity") or None,  # once the bank holds anything the page has no such field
        thresholds={**bank.thresholds, **changed},
        staged_share=_percent(form.one("share")) / 100,
        paused=form.one("paused") == "1",
        action=form.one("action"),
    )


def _check_asked(visit: Visit, bank: Bank, policy: BankPolicy) -> None:
    """Thresholds are changed once somebody has seen what they would have done, or says that they need not. Raises: Conflict (ask_first)."""
    changed = {kind: bits for kind, bits in (policy.thresholds or {}).items() if bits != bank.threshold_bits(kind)}
    if not changed or bank.polarity == "negative" or visit.form.one("sure") == "1":
        return
    done = [one for one in visit.doors.banking.supposing.of_bank(bank) if one.state == "done"]
    if not any(all(one.thresholds.get(kind) == bits for kind, bits in changed.items()) for one in done):
        raise Conflict("ask_first", "nobody asked what these thresholds would have done", "Ask, or say that you are sure.")  # fmt: skip


def _days(form: Form) -> int:
    return _whole(form.one("days") or str(DAYS_USUAL))


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise BadInput("bad_number", "this is no whole number", "Write digits.")
    return int(text)


def _percent(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadInput("bad_number", "this is no number", "Write digits.") from error


DOORS: Final = (
    Door("GET", "/banks", "banks.read", listed),
    Door("POST", "/banks", "banks.policy", make),
    Door("GET", "/banks/{bank}", "banks.read", one),
    Door("POST", "/banks/{bank}", "banks.policy", change),
    Door("GET", "/banks/{bank}/what-if/{id}", "banks.read", what_if),
    Door("POST", "/banks/{bank}/what-if/{id}", "banks.policy", end),
    Door("POST", "/banks/{bank}/export", "banks.export", ask_export),
    Door("GET", "/banks/{bank}/exports/{id}", "banks.export", export),
)
