"""Her case, or her tip: how each thing stands, the messages both ways, and what she can do about it. Every state shown names its cause."""

from typing import Final

from amparo.errors import BadInput
from amparo.intake.home import Home, HomeFile, Opened
from amparo.intake.model import FOUND, TEXT_CHARS_MAX, Contact, State, StateName
from amparo.intake.texts import too_long
from amparo.portal import toll
from amparo.portal.steps.files import NAMES
from amparo.portal.visit import Step, Visit
from amparo.terms.clock import from_us, to_text
from amparo.web.forms import Form

WORDS: Final[tuple[str, ...]] = ("channel", "hours", "name", "avoid")
"""Fields of the safe contact that hold her words."""
KEPT_CHARS_MAX: Final = 4 * TEXT_CHARS_MAX
"""What is kept of a text that is too long, so that she can shorten it: longer ones come back with the page alone."""
TAKEN_BACK: Final[frozenset[StateName]] = frozenset({"withdrawing", "withdrawn"})
ENDED: Final = TAKEN_BACK | {"refused"}
"""States after which there is nothing left to take back."""


def opened_of(visit: Visit) -> Opened:
    """What her number opened in this session."""
    draft = visit.draft
    return Opened(draft.opened_uid, draft.identity, draft.opened_is_tip, draft.opened_is_sealed)


def show(visit: Visit) -> dict[str, object]:
    """All there is to see. Raises: Gone (receipt_replaced)."""
    home, kept = visit.doors.intake.home(opened_of(visit)), visit.draft.typed
    contact = home.contact or Contact()
    given = {name: visit.typed(name, kept.get(name, getattr(contact, name))) for name in WORDS}
    return {
        "home": home,
        "outlook": outlook(home),
        "overtaken": {state for file in home.files for state in overtaken(file)},
        "standing": [file.number for file in home.files if is_standing(file)],
        "may_read": any(one.purpose == "desk" and one.given for one in home.consents),
        "message": visit.typed("message", kept.get("message", "")),
        "message_chars_max": TEXT_CHARS_MAX,
        "contact": contact,
        "given": given,
        "has_contact": home.contact is not None,
        "kinds": NAMES,
        "iso": lambda at_us: to_text(from_us(at_us)),
        **toll.asked(visit, "message"),
    }


def keep(visit: Visit, form: Form) -> None:
    """What she typed and did not send. Raises: TooLarge (text_too_long) for what no page could give back."""
    texts = {name: form.one(name) for name in ("message", *WORDS) if name in form.fields}
    if sum(map(len, texts.values())) > KEPT_CHARS_MAX:
        raise too_long()
    visit.draft.typed = {**visit.draft.typed, **texts}


def take(visit: Visit, form: Form) -> str:
    """Send a message, say how she may be reached, go on to take something back, or look again; the rest stays as typed.

    Raises: Gone (receipt_replaced), BadInput, TooLarge (text_too_long), LimitReached, Unavailable.
    """
    draft, act = visit.draft, form.act
    if act in {"withdraw", "withdraw-all"} or form.one("take_back"):
        keep(visit, form)
        draft.picked = [] if act == "withdraw-all" else picked(form)
        return "withdraw"
    if act == "write":
        toll.pay(visit, "message", form.one("work"))
        visit.doors.intake.write_message(opened_of(visit), form.one("message"))
        keep(visit, form)
        draft.typed.pop("message", None)
        draft.notice = "message_sent"
    elif act in {"contact", "contact-none"}:
        toll.pay(visit, "message", form.one("work"))
        visit.doors.intake.set_contact(opened_of(visit), contact_in(form) if act == "contact" else None)
        keep(visit, form)
        draft.typed = {name: text for name, text in draft.typed.items() if name not in WORDS}
        draft.notice = "contact_kept" if act == "contact" else "contact_gone"
    else:
        keep(visit, form)
    return "case"


def picked(form: Form) -> list[int]:
    """The numbers of the files she chose to take back. Raises: BadInput (nothing_picked)."""
    chosen = [*form.many("take_back"), *form.many("pick")]
    numbers = sorted({int(one) for one in chosen if one.isascii() and one.isdecimal() and len(one) <= 3})
    if not numbers:
        raise BadInput("nothing_picked", "no file was chosen", "Choose one, or take back everything.")
    return numbers


def contact_in(form: Form) -> Contact:
    """The safe contact as typed and ticked."""
    words = {name: form.one(name) for name in WORDS}
    ticked = form.many("contact")
    return Contact(**words, may_leave_message="leave" in ticked, is_shared_device="shared" in ticked)


def is_standing(file: HomeFile) -> bool:
    """Whether it can still be taken back."""
    return not any(state.name in ENDED for state in file.states)


def overtaken(file: HomeFile) -> set[State]:
    """What was found, or came of it, at a client where something newer came since: what follows from it is said no more."""
    told = [state for state in file.states if state.name in FOUND and state.client]
    last = {state.client: at for at, state in enumerate(told)}
    return {state for at, state in enumerate(told) if at != last[state.client]}


def outlook(home: Home) -> str:
    """What is being waited for, as one word for the template."""
    if home.is_tip:
        return "tip"
    names = {state.name for file in home.files for state in file.states}
    if not home.files:
        return "no_files"
    if "received" in names:
        return "arriving"
    if all(any(state.name in TAKEN_BACK for state in file.states) for file in home.files):
        return "ending" if "withdrawing" in names else "ended"
    return "found" if names & FOUND else "looking" if "listed" in names else "refused"


STEP = Step("case", show, take, before=lambda _: "", keep=keep, may_skip=False)
