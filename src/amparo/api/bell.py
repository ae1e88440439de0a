"""Those who wait for news: one look at the ledger for all of them, a few times a second, and only while anybody waits. Reads no action."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from amparo.errors import AmparoError

LOOK_S: Final = 0.1
FAILED_S: Final = 1.0
EVERYBODY: Final = 1 << 64


class Bell:
    """One a process, used from its event loop. newest: the newest number over the one given, else that. waiting_max: who comes beyond does not wait."""

    def __init__(self, newest: Callable[[int], int], waiting_max: int, *, look_s: float = LOOK_S) -> None:
        self._newest = newest
        self._waiting_max = waiting_max
        self._look_s = look_s
        self._known = 0
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._looking: asyncio.Task[None] | None = None
        self._is_over: Callable[[], bool] = lambda: False

    async def wait(self, known: int, wait_s: float) -> bool:
        """Whether it makes sense to ask, or wait, again: news over ``known``, or nothing for ``wait_s``. False: none may wait now."""
        if self._is_over() or len(self._waiting) >= self._waiting_max:
            return False
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[mine] = known
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_for_all())
        try:
            await asyncio.wait({mine}, timeout=wait_s)
        finally:
            self._waiting.pop(mine, None)
        return not self._is_over()

    def ends_with(self, is_over: Callable[[], bool]) -> None:
        """From when ``is_over`` nobody waits any more: the process is being stopped."""
        self._is_over = is_over

    def _ring(self, newest: int) -> None:
        for waiting, known in self._waiting.items():
            if newest > known and not waiting.done():
                waiting.set_result(None)

    async def _look_for_all(self) -> None:
        while self._waiting:
            pause_s = self._look_s
            try:
                self._known = await asyncio.to_thread(self._newest, self._known)
                self._ring(EVERYBODY if self._is_over() else self._known)
            except AmparoError as error:
                structlog.get_logger().warning("the actions could not be looked at", slug=error.slug)
                pause_s = FAILED_S
            await asyncio.sleep(pause_s)
