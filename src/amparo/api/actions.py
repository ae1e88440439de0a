"""What a platform is asked to do, read by itself: a page at once, or as soon as there is one."""

import time
from typing import Final

import msgspec
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from amparo.access.model import Principal
from amparo.api import action_shapes
from amparo.api.doors import Doors
from amparo.api.matching import number_of
from amparo.api.problems import answer
from amparo.review.actions import PAGE_MAX, told

WAIT_S_MAX: Final = 60
SLICE_S: Final = 1.0


async def actions(request: Request, doors: Doors, principal: Principal) -> Response:
    """GET /v1/actions: a client reads its own, an admin all. wait_s: how long to wait where there is none yet."""
    after = number_of(request, "after", 0)
    limit = max(1, min(number_of(request, "limit", 100), PAGE_MAX))
    until = time.monotonic() + min(number_of(request, "wait_s", 0), WAIT_S_MAX)
    known = after
    while True:
        found = await run_sync(doors.actions.after, whose(principal), after, limit)
        left_s = until - time.monotonic()
        if found or left_s <= 0 or await request.is_disconnected():
            break
        known = max(known, await run_sync(doors.actions.newest, known))
        if not await doors.bell.wait(known, min(left_s, SLICE_S)):
            break
    last = found[-1].id if found else after
    page = [msgspec.convert(told(one), action_shapes.ActionOut) for one in found]
    return answer(action_shapes.ActionsOut(actions=page, next=last))


def whose(principal: Principal) -> int | None:
    """Whose actions and webhooks a key reaches: its client's alone, None for all."""
    return None if principal.role == "admin" and principal.bank_ids is None else principal.client_id
