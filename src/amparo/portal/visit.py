"""One person's visit: her session, the page of the step she is at, and the form she sends. All of it stands at one address.

A form is answered by 303 to that address, so that a reload sends nothing twice. What she typed outlives an error: the page comes
again with it, and where even that fails, a page that holds it and can send it once more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog
from starlette.responses import Response

from amparo.errors import AmparoError, BadInput, Gone
from amparo.intake.model import Draft
from amparo.portal import notices
from amparo.portal.doors import Doors
from amparo.web.forms import Form
from amparo.web.session import form_token, is_of

FIRST: Final = "language"
AFTER_EXPIRY: Final = "safe"
RETURN: Final = "home"
TOKEN_NAMES: Final = frozenset({"form", "step", "act", "in", "work"})
"""Fields of the page itself; all others are hers."""


@dataclass(slots=True)
class Visit:
    """Her session while one request of hers is answered. token: "" before there is one.

    place: where she comes from (place.py). form: what she sent, None where she only looks.
    """

    doors: Doors
    draft: Draft
    token: str = ""
    place: bytes | None = None
    form: Form | None = None

    def gettext(self, sentence: str) -> str:
        """The sentence in her language."""
        return self.doors.pages.words(self.draft.language).gettext(sentence)

    def typed(self, name: str, kept: str = "") -> str:
        """What stands in that field of the form that could not be taken; else what was kept of before."""
        return self.form.one(name) if self.form is not None and name in self.form.fields else kept

    def ticked(self, name: str, kept: list[str]) -> list[str]:
        """As ``typed``, for boxes."""
        return list(self.form.many(name)) if self.form is not None else kept

    def save(self) -> None:
        """Keep the draft; the session begins with it where there is none yet. Raises: LimitReached (too_often), Gone (session_over)."""
        if self.token:
            self.doors.intake.save(self.token, self.draft)
        else:
            self.doors.limits.take("session", self.place, proved=False)
            self.token = self.doors.intake.begin(self.draft)


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the portal and what its form does.

    show: the values of its template (``<name>.html``). take: answers the form by the name of the next step; it raises what cannot
    be taken. keep: puts what is typed or ticked into the draft, whatever button was pressed. before: where Back leads, "" nowhere.
    """

    name: str
    show: Callable[[Visit], dict[str, object]]
    take: Callable[[Visit, Form], str]
    before: Callable[[Draft], str]
    keep: Callable[[Visit, Form], None] = lambda _visit, _form: None
    is_of_path: bool = False
    may_skip: bool = True


class Steps:
    """The table of steps, and the two things a browser does with them: look, and send a form."""

    def __init__(self, table: tuple[Step, ...], doors: Doors) -> None:
        self._by_name = {step.name: step for step in table}
        self._doors = doors

    def looked(self, token: str, asked: str, place: bytes | None, notice: str) -> Response:
        """The page she is at. asked: what her browser says of languages. notice: what to say where she has no session."""
        draft = self._doors.intake.draft(token) if token else None
        visit = Visit(self._doors, draft or self._fresh(asked), token if draft else "", place)
        if draft is None:
            visit.draft.notice = notice
        return self.page(visit)

    def sent(self, visit: Visit, form: Form) -> Visit:
        """Take a form. visit: with the draft of her session, which is changed and kept.

        Raises: BadInput (no_answer, too_long, …) and whatever the rooms below raise; nothing was lost then, and nothing done twice.
        """
        step = self._by_name.get(form.one("step"))
        if step is None:
            raise BadInput("bad_form", "the form is of no step", "Open the page anew.")
        draft = visit.draft
        if not visit.token and step.name != FIRST:  # the session ended, or its cookie is gone
            self._keep(step, visit, form)
            draft.step, draft.notice = AFTER_EXPIRY, "expired"
        elif visit.token and not is_of(visit.token, form.one("form")) and step.name != FIRST:
            self._keep(step, visit, form)
            draft.notice = "stale_page"
        elif (refused := self._out_of_order(step, draft)) is not None:
            draft.notice = refused
        else:
            draft.notice = ""
            onward = self._taken(step, visit, form)
            visit.draft.step = onward  # the step may have put a new draft in place of the old
        visit.save()
        return visit

    def page(self, visit: Visit, error: AmparoError | None = None, template: str = "") -> Response:
        """The page of the draft's step. error: why the form could not be taken; the form stands in ``visit.form``."""
        step = self._by_name.get(visit.draft.step) or self._by_name[FIRST]
        slug, status = (error.slug, error.http_status) if error else (visit.draft.notice, HTTPStatus.OK)
        values = {**self._common(visit, step), "notice": notices.sentence(slug, status, visit.gettext)}
        try:
            values |= {} if template else step.show(visit)
        except Gone as gone:
            if gone.slug != "receipt_replaced" or step.name == RETURN:
                raise
            return self.page(self._shut(visit, gone))
        told = self._doors.pages.answer(template or step.name.replace("-", "_"), visit.draft.language, values, status)
        if error is not None and error.retry_after_s is not None:
            told.headers["Retry-After"] = str(error.retry_after_s)
        return told

    def trouble(self, error: AmparoError, asked: str, form: Form | None, token: str) -> Response:
        """A page that needs nothing but itself: what went wrong, all she typed, and a button that sends it once more."""
        form = form if form is not None and form.one("step") in self._by_name else None
        language = form.one("in") if form else ""
        draft = self._fresh(language or asked)
        draft.step = form.one("step") if form else FIRST
        visit = Visit(self._doors, draft, token, None, form)
        return self.page(visit, error, "trouble")

    def _shut(self, visit: Visit, gone: Gone) -> Visit:
        """What her number opened is no longer open: our team made a new number. What she typed stays."""
        draft = visit.draft
        draft.opened_uid, draft.identity, draft.picked = "", "", []
        draft.step, draft.notice = RETURN, gone.slug
        visit.save()
        return visit

    def of_form(self, form: Form, asked: str) -> Draft:
        """A draft for a form whose session is gone."""
        return self._fresh(form.one("in") or asked)

    def _fresh(self, asked: str) -> Draft:
        return Draft(language=self._doors.pages.languages.negotiate(asked), step=FIRST)

    def _keep(self, step: Step, visit: Visit, form: Form) -> None:
        """Keep what can be kept of a form that is not taken: what is too long was not, and is told by the page itself."""
        try:
            step.keep(visit, form)
        except BadInput as error:
            structlog.get_logger().info("form kept in part", slug=error.slug)

    def _out_of_order(self, step: Step, draft: Draft) -> str | None:
        """The notice for a form of another tab, or one sent again, that would undo what is done; None for one that may be taken."""
        if step.name == draft.step:
            return None
        at = self._by_name.get(draft.step)
        if step.is_of_path and (at is None or at.is_of_path):
            return None
        return "already_sent" if step.is_of_path and draft.step in {"receipt", "sent"} else "stale_page"

    def _taken(self, step: Step, visit: Visit, form: Form) -> str:
        if form.act == "back":
            step.keep(visit, form)
            return step.before(visit.draft) or step.name
        return step.take(visit, form)

    def _common(self, visit: Visit, step: Step) -> dict[str, object]:
        form = visit.form
        hers = [(name, value) for name, values in form.fields.items() for value in values] if form else []
        return {
            "step": step.name,
            "form_token": form_token(visit.token),
            "may_go_back": bool(step.before(visit.draft)),
            "may_skip": step.may_skip,
            "is_helper": visit.draft.helper is not None,
            "hers": [pair for pair in hers if pair[0] not in TOKEN_NAMES],
            "act": form.act if form else "",
            "visit": visit,
        }
