"""The look: leave to see one picture once, the picture, and word that it is covered again. No other view hands out a picture.

A card's page shows the panel of `look.html`, which it is given as ``look=panel(visit, work_id)``.
"""

from dataclasses import dataclass
from typing import Final

from anyio import from_thread
from starlette.responses import Response

from amparo.console import notices
from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.errors import BadInput
from amparo.media.stills import Clarity
from amparo.review.looks import REASONS, Wish
from amparo.web.words import N_

SIZES: Final = "amparo-stills"
"""The header that says how many bytes each still has; they follow each other in the body, each a WebP of its own."""
REASON_WORDS: Final = {
    "near_threshold": N_("The distance is near the threshold"),
    "facts_differ": N_("The facts do not agree with each other"),
    "report_differs": N_("The report says something else than the facts"),
    "who_vouches": N_("Who vouches for the listing is not known"),
    "second_person": N_("I decide as the second person"),
}

REFUSALS: Final = (
    "under_18",
    "no_media",
    "exposure_reached",
    "look_open",
    "look_over",
    "sealed_damaged",
    "session_over",
    "work_decided",
)
"""What a script may be told instead of a picture, that has a sentence of its own."""


OPEN: Final = "look_open"


@dataclass(frozen=True, slots=True)
class Panel:
    """What a card shows of looking. why_not: "" where a look can be asked for, else a slug, and what it means. copies: those with a picture."""

    work_id: int
    why_not: str
    why_not_words: str
    copies: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]
    refusals: tuple[tuple[str, str], ...]


def panel(visit: Visit, work_id: int) -> Panel:
    """The panel of one work, for who asks."""
    looks = visit.doors.looks
    why_not = looks.why_not(visit.staff, work_id)
    if why_not == OPEN:
        why_not = ""  # it may be covered before this page is read: the word of that is on its way. Who asks too early is told so.
    reasons = tuple((name, visit.gettext(REASON_WORDS[name])) for name in REASONS)
    copies = tuple((key, key.partition(":")[2] or key) for key in looks.offers(work_id))
    words = visit.gettext(notices.ERRORS[why_not]) if why_not in notices.ERRORS else ""
    refusals = tuple((slug, visit.gettext(notices.ERRORS[slug])) for slug in REFUSALS)
    return Panel(work_id, why_not, words, copies, reasons, refusals)


def ask(visit: Visit) -> Response:
    """Leave to look once, told to a script: the token, where its picture is, and for how many seconds."""
    form = visit.form
    clarity: Clarity = 2 if form.one("clarity") == "2" else 1
    grant = visit.doors.looks.grant(
        visit.staff, Wish(visit.number("id"), form.one("copy"), form.one("reason"), clarity)
    )
    told = {"token": grant.token, "seconds": grant.seconds, "address": f"/looks/{grant.token}"}
    return visit.json(told, 201)


def picture(visit: Visit) -> Response:
    """The stills of a granted look, once."""
    rendered = from_thread.run(visit.doors.looks.picture, visit.staff, visit.args["token"])
    told = visit.picture(b"".join(rendered.stills), rendered.media_type)
    told.headers[SIZES] = ",".join(str(len(still)) for still in rendered.stills)
    return told


def covered(visit: Visit) -> Response:
    """How long it was seen, and how heavy it was."""
    shown, severity = _number(visit, "shown_ms"), _number(visit, "severity")
    visit.doors.looks.covered(visit.staff, visit.args["token"], shown, severity)
    return visit.json({"covered": True})


def _number(visit: Visit, name: str) -> int:
    text = visit.form.one(name) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadInput("bad_look", f"{name} is not a whole number", "Load the card anew.")
    return int(text)


DOORS: Final = (
    Door("POST", "/work/{id}/look", "look", ask),
    Door("GET", "/looks/{token}", "look", picture),
    Door("POST", "/looks/{token}/covered", "look", covered),
)
