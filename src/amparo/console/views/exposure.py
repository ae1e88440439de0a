"""What looking has cost: one's own page, that of somebody who named the reader as carer, and the limits of the desk. Ranks nobody."""

from typing import Final

from starlette.responses import Response

from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.errors import AmparoError, BadInput
from amparo.review.exposure import Bounds

FIELDS: Final = ("looks_day", "seconds_day", "looks_28", "seconds_28")
DIGITS_MAX: Final = 7


def own(visit: Visit, error: AmparoError | None = None) -> Response:
    """One's own figures and limits, and whose carer one is."""
    exposures, members = visit.doors.exposures, visit.doors.staff.members()
    told, cared = exposures.own(visit.staff), exposures.in_care(visit.staff)
    mine = next((one.carer_id for one in members if one.id == visit.staff.id), None)
    others = [(str(one.id), one.name) for one in members if one.id != visit.staff.id and one.ended_at is None]
    return visit.page(
        "exposure",
        error,
        told=told,
        whose=None,
        mine=told.own or told.desk,
        cared=cared,
        carers=others,
        carer=str(mine or ""),
    )


def set_own(visit: Visit) -> Response:
    """Other limits of one's own, or another carer."""
    try:
        if visit.form.act == "carer":
            visit.doors.staff.set_carer(visit.staff, _carer(visit))
        else:
            visit.doors.exposures.set_own(visit.staff, bounds_of(visit))
    except AmparoError as error:
        return own(visit, error)
    return visit.see("/settings/exposure", "saved")


def cared(visit: Visit, error: AmparoError | None = None) -> Response:
    """The figures of somebody who named the reader as carer."""
    exposures, staff_id = visit.doors.exposures, visit.number("id")
    told = exposures.of(visit.staff, staff_id)
    whose = next(one for one in exposures.in_care(visit.staff) if one.id == staff_id)
    return visit.page("exposure", error, told=told, whose=whose, mine=told.carer or told.desk, cared=())


def set_cared(visit: Visit) -> Response:
    """Limits by the carer."""
    staff_id = visit.number("id")
    try:
        visit.doors.exposures.set_as_carer(visit.staff, staff_id, bounds_of(visit))
    except BadInput as error:
        return cared(visit, error)
    return visit.see(f"/settings/exposure/{staff_id}", "saved")


def desk(visit: Visit, error: AmparoError | None = None) -> Response:
    """The limits of everybody."""
    return visit.page("exposure_desk", error, limit=visit.doors.exposures.desk())


def set_desk(visit: Visit) -> Response:
    """Other limits for everybody."""
    try:
        visit.doors.exposures.set_desk(visit.staff, bounds_of(visit))
    except AmparoError as error:
        return desk(visit, error)
    return visit.see("/settings/desk/exposure", "saved")


def bounds_of(visit: Visit) -> Bounds:
    """What was typed. Raises: BadInput (bad_number)."""
    typed = [visit.form.one(name).strip() for name in FIELDS]
    if not all(text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX for text in typed):
        raise BadInput("bad_number", "one of the limits is no whole number", "Fill in all four.")
    return Bounds(*map(int, typed))


def _carer(visit: Visit) -> int | None:
    """Whom they chose, None for nobody. Raises: BadInput (no_answer)."""
    text = visit.form.one("carer")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadInput("no_answer", "nobody was chosen", "Choose one of the list.")
    return int(text) if text else None


DOORS: Final = (
    Door("GET", "/settings/exposure", "own", own),
    Door("POST", "/settings/exposure", "own", set_own),
    Door("GET", "/settings/exposure/{id}", "own", cared),
    Door("POST", "/settings/exposure/{id}", "own", set_cared),
    Door("GET", "/settings/desk/exposure", "settings.manage", desk),
    Door("POST", "/settings/desk/exposure", "settings.manage", set_desk),
)
