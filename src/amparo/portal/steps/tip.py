"""Somebody tells about others: about what, whether a child or a witness is in it, words and links. There is no way to send a file."""

from typing import Final, get_args

from amparo.errors import BadInput
from amparo.intake.model import TEXT_CHARS_MAX, About
from amparo.intake.texts import too_long
from amparo.portal import toll
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form

ABOUT: Final[tuple[str, ...]] = get_args(About)
CHILD: Final = ("yes", "no", "unsure")
CONTACT: Final = ("yes", "no", "unsure")
TEXTS: Final = ("words", "links", "found")
CHOICES: Final = {"about": ABOUT, "names_child": CHILD, "may_contact": CONTACT}
KEPT_CHARS_MAX: Final = 4 * TEXT_CHARS_MAX


def show(visit: Visit) -> dict[str, object]:
    """What was typed and chosen so far."""
    tip = visit.draft.tip
    return {
        "tip": {name: visit.typed(name, tip.get(name, "")) for name in (*CHOICES, *TEXTS)},
        "message_chars_max": TEXT_CHARS_MAX,
        **toll.asked(visit, "tip"),
    }


def keep(visit: Visit, form: Form) -> None:
    """What was typed and chosen. Raises: TooLarge (text_too_long) for what no page could give back."""
    if sum(len(form.one(name)) for name in TEXTS) > KEPT_CHARS_MAX:
        raise too_long()
    chosen = {name: form.one(name) for name, known in CHOICES.items() if form.one(name) in known}
    visit.draft.tip = chosen | {name: form.one(name) for name in TEXTS if form.one(name)}


def take(visit: Visit, form: Form) -> str:
    """Hand it in. Whether a child or a witness is in it may be left open: then it counts as possible.

    Raises: BadInput (nothing_told), TooLarge (text_too_long), LimitReached (too_often), Unavailable (busy, desk_behind).
    """
    keep(visit, form)
    draft = visit.draft
    if not draft.tip.get("words", "").strip() and not draft.tip.get("links", "").strip():
        raise BadInput("nothing_told", "nothing is told in this tip", "Write a few words, or a link.")
    toll.pay(visit, "tip", form.one("work"))
    draft.tip.setdefault("about", "other")
    names_child = draft.tip.setdefault("names_child", "unsure")
    visit.doors.intake.submit_tip(visit.token, draft)
    draft.tip = {
        "names_child": names_child
    }  # her words are gone from here; the receipt's page tells where such things belong
    return "tip-receipt"


STEP = Step("tip", show, take, before=lambda _: "language", keep=keep, may_skip=False)
