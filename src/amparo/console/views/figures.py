"""The page of figures: what is open and how old, how long things took, matches by bank, what was taken back, how the service is. Nobody's own."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from starlette.responses import Response

from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.review.figures import DAYS, Figures
from amparo.web.words import N_

KINDS: Final = {"match": N_("Matches"), "report": N_("Reports"), "case": N_("Cases"), "tip": N_("Tips")}
QUEUES: Final = {"adult": N_("Adult"), "under_18": N_("Under 18")}
STATES: Final = {"open": N_("Open"), "second": N_("Waits for a second answer")}
CHECKS: Final = {
    "service": N_("API"),
    "portal": N_("Portal"),
    "console": N_("Console"),
    "worker": N_("Background worker"),
    "failed": N_("A process could not start"),
    "disk": N_("Room on the disk"),
    "backup": N_("Backup"),
    "deliveries": N_("Webhooks"),
}
HEALTH: Final = {"ok": N_("in order"), "warn": N_("look at it"), "bad": N_("not in order")}
BANKS_MAX: Final = 8
"""Lines of a drawing; the table has every bank."""


def shown(visit: Visit) -> Response:
    """The page."""
    figures = visit.doors.figures.now()
    counts, is_whole = visit.doors.by_bank.counts(DAYS)
    banks = _by_bank(counts, figures)
    return visit.page(
        "figures",
        figures=figures,
        banks=banks,
        is_whole=is_whole,
        health=visit.doors.health(),
        drawn=_drawn(figures, banks),
        is_drawn=bool(banks) or any(each.opened or each.decided for each in figures.days),
        kinds=_told(visit, KINDS),
        queues=_told(visit, QUEUES),
        states=_told(visit, STATES),
        checks=_told(visit, CHECKS),
        marks=_told(visit, HEALTH),
    )


def _told(visit: Visit, table: Mapping[str, str]) -> dict[str, str]:
    return {name: visit.gettext(text) for name, text in table.items()}


def _by_bank(counts: Mapping[tuple[date, str], int], figures: Figures) -> list[tuple[str, int, list[int]]]:
    """Each bank with its matches in all and by day, the most first."""
    names = {bank for _, bank in counts}
    found = [(name, [counts.get((each.day, name), 0) for each in figures.days]) for name in names]
    return sorted(((name, sum(days), days) for name, days in found), key=lambda one: (-one[1], one[0]))


def _drawn(figures: Figures, banks: list[tuple[str, int, list[int]]]) -> dict[str, object]:
    """What ``static/figures.js`` draws."""
    return {
        "days": [each.day.isoformat() for each in figures.days],
        "opened": [each.opened for each in figures.days],
        "decided": [each.decided for each in figures.days],
        "taken_back": [each.taken_back for each in figures.days],
        "decision_h": [_hours(each.decision_s) for each in figures.days],
        "hide_h": [_hours(each.hide_s) for each in figures.days],
        "banks": [{"name": name, "numbers": days} for name, _, days in banks[:BANKS_MAX]],
    }


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 3)


DOORS: Final = (Door("GET", "/figures", "figures.read", shown),)
