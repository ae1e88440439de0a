"""Where it was seen: addresses, and names of groups or accounts. Sealed when it is handed in; nothing is fetched by us."""

from amparo.intake.texts import places_of
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form, lines


def show(visit: Visit) -> dict[str, object]:
    """What she typed."""
    draft = visit.draft
    return {"addresses": visit.typed("addresses", draft.addresses), "names": visit.typed("names", draft.names)}


def keep(visit: Visit, form: Form) -> None:
    """What she typed, whole. Raises: TooLarge (place_too_long, too_many_places); nothing is cut."""
    addresses, names = form.one("addresses"), form.one("names")
    places_of(addresses, names)  # what could not be handed in is told here, where she can mend it
    visit.draft.addresses, visit.draft.names = "\n".join(lines(addresses)), "\n".join(lines(names))


def take(visit: Visit, form: Form) -> str:
    """On. What was typed stays where she skips, and can be taken out by hand."""
    keep(visit, form)
    return "consent"


STEP = Step("where", show, take, before=lambda _: "files", keep=keep, is_of_path=True)
