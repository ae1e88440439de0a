"""Where it was seen: addresses, and names of groups or accounts. Sealed when it is handed in; nothing is fetched by us."""

from amparo.errors import TooLarge
from amparo.intake.model import PLACE_CHARS_MAX, PLACES_MAX
from amparo.portal.forms import Form, lines
from amparo.portal.visit import Step, Visit


def show(visit: Visit) -> dict[str, object]:
    """What she typed."""
    draft = visit.draft
    return {"addresses": visit.typed("addresses", draft.addresses), "names": visit.typed("names", draft.names)}


def keep(visit: Visit, form: Form) -> None:
    """What she typed, whole. Raises: TooLarge (too_long, too_many_lines); nothing is cut."""
    addresses, names = form.one("addresses"), form.one("names")
    given = [*lines(addresses), *lines(names)]
    if any(len(line) > PLACE_CHARS_MAX for line in given):
        raise TooLarge("too_long", f"a line is over {PLACE_CHARS_MAX} characters", "Shorten it.")
    if len(given) > PLACES_MAX:
        raise TooLarge("too_many_lines", f"there are more than {PLACES_MAX} lines", "Keep the most important ones.")
    visit.draft.addresses, visit.draft.names = "\n".join(lines(addresses)), "\n".join(lines(names))


def take(visit: Visit, form: Form) -> str:
    """On. What was typed stays where she skips, and can be taken out by hand."""
    keep(visit, form)
    return "consent"


STEP = Step("where", show, take, before=lambda _: "files", keep=keep, is_of_path=True)
