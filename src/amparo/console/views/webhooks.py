"""The pages of webhooks: where platforms take their actions, how they fare, what was set aside. A secret is shown once, on the answer that made it."""

from typing import Final

import anyio.from_thread
from starlette.responses import Response

from amparo.console.door import Door
from amparo.console.visit import NUMBER_CHARS_MAX, Visit
from amparo.errors import AmparoError, BadInput
from amparo.review.webhooks import Dead, Webhook
from amparo.web.words import N_

STATES: Final = {"live": N_("in use"), "paused": N_("paused"), "ended": N_("ended: its receiver said it is gone")}
OUTCOMES: Final = {
    "": N_("none yet"),
    "no_address": N_("its name leads nowhere"),
    "not_allowed": N_("its address may not be posted to"),
    "not_reached": N_("it could not be reached"),
    "broken": N_("the connection broke off"),
    "too_slow": N_("it did not answer in time"),
    "no_secret": N_("its secret does not open"),
    "ended": N_("the webhook ended"),
    "too_old": N_("it waited for too long"),
}
"""Beside statuses of the receiver, which stand as they are."""
ACTIONS: Final = {"hide": N_("hide"), "remove": N_("remove"), "restore": N_("restore")}
DEAD_PAGE: Final = 100


def listed(visit: Visit) -> Response:
    """All of them, and a form for another."""
    return _list(visit)


def make(visit: Visit) -> Response:
    """Another; its secret is on the page that answers, and nowhere else."""
    try:
        client_id = visit.form.one("client")
        if not (client_id.isascii() and client_id.isdigit() and len(client_id) <= NUMBER_CHARS_MAX):
            raise BadInput("no_answer", "no client was chosen", "Choose one.")  # told on the page like the others
        made, secret = visit.doors.webhooks.new(int(client_id), visit.form.one("url").strip())
    except AmparoError as error:
        return _list(visit, error)
    return _page(visit, made, secret=secret)


def shown(visit: Visit) -> Response:
    """One, and what was set aside."""
    return _page(visit, visit.doors.webhooks.one(visit.number("id"), None))


def change(visit: Visit) -> Response:
    """Pause, go on, another secret, a test message, send again, delete."""
    webhooks, webhook_id = visit.doors.webhooks, visit.number("id")
    try:
        match visit.form.act:
            case "pause" | "go":
                webhooks.change(webhook_id, None, is_paused=visit.form.act == "pause")
            case "secret":
                one, secret = webhooks.renew_secret(webhook_id, None)
                return _page(visit, one, secret=secret)
            case "test":
                posted = anyio.from_thread.run(webhooks.test, webhook_id, None)
                tried = (posted.is_taken, outcome(visit, posted.outcome))
                return _page(visit, webhooks.one(webhook_id, None), tried=tried)
            case "replay":
                webhooks.replay(webhook_id, None)
            case "delete":
                webhooks.delete(webhook_id, None)
                return visit.see("/webhooks", "saved")
            case _:
                raise BadInput("bad_form", "no button of this page was pressed", "Use the buttons.")
    except AmparoError as error:
        return _page(visit, webhooks.one(webhook_id, None), error)
    return visit.see(f"/webhooks/{webhook_id}", "saved")


def outcome(visit: Visit, name: str) -> str:
    """How a try ended, in the reader's language; a status as it is."""
    return visit.gettext(OUTCOMES[name]) if name in OUTCOMES else name


def _list(visit: Visit, error: AmparoError | None = None) -> Response:
    clients = [(str(one.id), one.name) for one in visit.doors.clients()]
    found = [(one, visit.gettext(STATES[one.state])) for one in visit.doors.webhooks.all(None)]
    return visit.page("webhooks", error, webhooks=found, clients=clients, url=visit.form.one("url"))


def _page(
    visit: Visit,
    one: Webhook,
    error: AmparoError | None = None,
    *,
    secret: str = "",
    tried: tuple[bool, str] | None = None,
) -> Response:
    found = visit.doors.webhooks.dead(one.id, None, visit.place_in("after") or 0, DEAD_PAGE + 1)
    dead = found[:DEAD_PAGE]
    return visit.page(
        "webhook",
        error,
        view="webhooks",
        webhook=one,
        state=visit.gettext(STATES[one.state]),
        last=outcome(visit, one.last_outcome),
        secret=secret,
        tried=tried,
        dead=[_dead(visit, each) for each in dead],
        may_go=one.dead > 0,
        more=f"/webhooks/{one.id}?after={dead[-1].action_id}#dead-title" if len(found) > DEAD_PAGE else "",
    )


def _dead(visit: Visit, one: Dead) -> tuple[Dead, str, str]:
    return one, visit.gettext(ACTIONS[one.action]), outcome(visit, one.last_outcome)


DOORS: Final = (
    Door("GET", "/webhooks", "webhooks.read", listed),
    Door("POST", "/webhooks", "webhooks.manage", make),
    Door("GET", "/webhooks/{id}", "webhooks.read", shown),
    Door("POST", "/webhooks/{id}", "webhooks.manage", change),
)
