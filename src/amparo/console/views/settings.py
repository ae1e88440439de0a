"""The pages of one's own settings: language, and who one is here. Passkeys, codes and sessions: `access/staff.py` knows them."""

from typing import Final

from starlette.responses import Response

from amparo.console.door import Door
from amparo.console.visit import Visit
from amparo.errors import BadInput


def own(visit: Visit) -> Response:
    """The page."""
    return visit.page("settings", offered=visit.doors.pages.offered)


def change(visit: Visit) -> Response:
    """Another language."""
    tag = visit.form.one("language")
    if tag not in visit.doors.pages.languages.by_tag:
        error = BadInput("no_answer", "none of the languages was chosen", "Choose one of the list.")
        return visit.page("settings", error, offered=visit.doors.pages.offered)
    visit.doors.staff.set_language(visit.staff, tag)
    return visit.see("/settings", "saved")


DOORS: Final = (Door("GET", "/settings", "own", own), Door("POST", "/settings", "own", change))
