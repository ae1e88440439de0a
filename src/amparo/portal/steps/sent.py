"""What happens next, in words that are true here. The end of the path."""

from amparo.portal.steps.language import WAYS
from amparo.portal.visit import FIRST, Step, Visit
from amparo.web.forms import Form


def show(_visit: Visit) -> dict[str, object]:
    """Nothing that could be another's: all was forgotten when she confirmed her number."""
    return {}


def take(_visit: Visit, form: Form) -> str:
    """To her case by its number, or to the beginning."""
    return WAYS.get(form.act, FIRST)


STEP = Step("sent", show, take, before=lambda _: "", may_skip=False)
