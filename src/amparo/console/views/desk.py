"""The rules of the desk on one page, to read: limits of looking, times, ends of hides, what needs two people. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from amparo.console.card_words import ORDERS, SECONDS
from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.web.words import N_

MEDIA: Final = {
    "none": N_("nothing is shown"),
    "sealed": N_("uploads that met, sealed to who may look"),
    "fetch": N_("the platform's own copy"),
}
"""What may be looked at, by the setting's value."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the name of its setting, what it says, its value in words or as a number, and the page where it is changed, "" for none."""

    key: str
    what: str
    value: str | int
    path: str = ""


def shown(visit: Visit) -> Response:
    """The page."""
    return visit.page(
        "desk",
        view="settings",
        looking=_looking(visit),
        deciding=_deciding(visit),
        hiding=_hiding(visit),
        signed_in=_signed_in(visit),
        seconds=SECONDS.values(),
    )


def _looking(visit: Visit) -> Sequence[Rule]:
    rules, limit, page = visit.doors.rules, visit.doors.exposures.desk(), "/settings/desk/exposure"
    return (
        Rule("review.media", N_("What may be looked at"), visit.gettext(MEDIA[rules.media])),
        Rule("review.look_seconds", N_("Seconds one look can last"), rules.look_seconds),
        Rule("looks_day", N_("Looks of one person in 24 hours"), limit.looks_day, page),
        Rule("seconds_day", N_("Seconds of looking in 24 hours"), limit.seconds_day, page),
        Rule("looks_28", N_("Looks of one person in 28 days"), limit.looks_28, page),
        Rule("seconds_28", N_("Seconds of looking in 28 days"), limit.seconds_28, page),
        Rule("review.media_hours", N_("Hours a sealed upload is kept"), rules.media_hours),
    )


def _deciding(visit: Visit) -> Sequence[Rule]:
    rules = visit.doors.rules
    return (
        Rule("review.lock_minutes", N_("Minutes a card stays with who opened it"), rules.lock_minutes),
        Rule("review.undo_minutes", N_("Minutes in which a decision can be taken back"), rules.undo_minutes),
        Rule(
            "review.undo_standing_per_day",
            N_("Confirmations of what a person asked for that one can take back in 24 hours"),
            rules.undo_standing_per_day,
        ),
        Rule(
            "review.confirm_action",
            N_("What a platform is asked when confirmed"),
            visit.gettext(ORDERS[rules.confirm_action]),
        ),
    )


HIDES: Final = {
    "none": N_("None"),
    "urgent": N_("Those that it may show somebody under 18, spreads now or threatens"),
    "all": N_("All"),
}
"""Which reports hide, by the setting's value."""


def _hiding(visit: Visit) -> Sequence[Rule]:
    rules = visit.doors.rules
    return (
        Rule("review.hide_match_h", N_("Hours a hide after a match stands undecided"), rules.hide_match_h),
        Rule("review.hide_request_h", N_("Hours where a person asks for it"), rules.hide_request_h),
        Rule(
            "review.hide_reports",
            N_("Reports that hide until somebody decides"),
            visit.gettext(HIDES[rules.hide_reports]),
        ),
        Rule("review.hide_report_h", N_("Hours after a report"), rules.hide_report_h),
    )


def _signed_in(visit: Visit) -> Sequence[Rule]:
    settings = visit.doors.settings
    return (
        Rule("console.idle_minutes", N_("Minutes without use after which one is signed out"), settings.idle_minutes),
        Rule("console.session_hours", N_("Hours one can stay signed in"), settings.session_hours),
    )


DOORS: Final = (Door("GET", "/settings/desk", "own", shown),)
