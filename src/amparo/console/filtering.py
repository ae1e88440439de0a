"""What part of the queue an address asks for, and the address of a part. Reads no database."""

from collections.abc import Mapping
from typing import Final, get_args
from urllib.parse import urlencode

from amparo.access.staff_model import StaffPrincipal
from amparo.review.asking import Cursor, Filter
from amparo.review.model import QueueName, WorkKind, WorkState
from amparo.web.forms import Form

KINDS: Final[tuple[WorkKind, ...]] = get_args(WorkKind)
STATES: Final[Mapping[str, WorkState]] = {name: name for name in get_args(WorkState)}
QUEUES: Final[Mapping[str, QueueName]] = {name: name for name in get_args(QueueName)}
NAME_CHARS_MAX: Final = 200
CURSOR_PARTS: Final = 2
DIGITS_MAX: Final = 18


def filter_of(query: Form, staff: StaffPrincipal) -> Filter:
    """What the query asks for; what it names that there is not is left out."""
    kinds = tuple(kind for kind in KINDS if kind in query.many("kind"))
    return Filter(
        kinds=() if len(kinds) == len(KINDS) else kinds,
        queue=QUEUES.get(query.one("queue")),
        bank=query.one("bank").strip()[:NAME_CHARS_MAX],
        client=query.one("client").strip()[:NAME_CHARS_MAX],
        assigned_to=staff.id if query.one("mine") else None,
        state=STATES.get(query.one("state"), "open"),
    )


def address(path: str, wanted: Filter, after: Cursor | None = None) -> str:
    """The address of that part under ``path``."""
    fields = [("kind", kind) for kind in wanted.kinds]
    named = {
        "queue": wanted.queue,
        "bank": wanted.bank,
        "client": wanted.client,
        "mine": "1" if wanted.assigned_to is not None else "",
        "state": wanted.state if wanted.state != "open" else "",
        "after": "-".join(map(str, after)) if after else "",
    }
    query = urlencode([*fields, *((name, value) for name, value in named.items() if value)])
    return f"{path}?{query}" if query else path


def cursor_of(text: str) -> Cursor | None:
    """Where a page begins; None for the first, and for what is no such place."""
    parts = text.split("-")
    if len(parts) != CURSOR_PARTS or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    due_us, work_id = (int(part[:DIGITS_MAX]) for part in parts)
    return due_us, work_id
