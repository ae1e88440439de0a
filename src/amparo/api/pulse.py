"""How fresh this worker is: one look at the ledger for all who wait, and nobody answered by what is older. Searches nothing."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import structlog

from amparo.banks.feed import Seen
from amparo.errors import AmparoError, Unavailable
from amparo.match.lookup import Lookup

FOLLOW_S = 0.05
PAUSE_S = 1.0


class Pulse:
    """One a process, used from its event loop. lag_ms_max: how long a change may wait to be taken in.

    follow_s: between two looks of its own; pause_s: after one that failed.
    """

    def __init__(
        self, lookup: Lookup, lag_ms_max: int, *, follow_s: float = FOLLOW_S, pause_s: float = PAUSE_S
    ) -> None:
        self._follow_s, self._pause_s = follow_s, pause_s
        self._lookup = lookup
        self._lag_s_max = lag_ms_max / 1000
        self._waiting: list[asyncio.Future[Seen]] = []
        self._looking: asyncio.Task[None] | None = None
        self._taking_in: asyncio.Future[object] | None = None
        self._behind_since: float | None = None
        self._threads = ThreadPoolExecutor(2, "pulse")

    async def look(self) -> Seen:
        """What is newest in the ledger now. On this machine that is a read of memory; else whoever comes while a look is
        under way shares the next one. Raises: those of ``Database.read``, Unavailable (lagging) where it takes too long.
        """
        if self._lookup.is_at_hand:
            seen = self._lookup.look_now()
            if seen is not None:
                return seen
        mine: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_for_all())
        try:
            async with asyncio.timeout(self._lag_s_max):
                return await mine
        except TimeoutError as error:
            raise _lagging() from error

    async def catch_up(self, seen: Seen) -> None:
        """Return once all to ``seen`` is taken in: at once, unless something changed.

        Raises: Unavailable (lagging) when that takes longer than ``lag_ms_max``, at once when it has already.
        """
        while self._lookup.generation < seen.newest:
            now = time.monotonic()
            self._behind_since = now if self._behind_since is None else self._behind_since
            left_s = self._behind_since + self._lag_s_max - now
            if self._taking_in is None or self._taking_in.done():
                loop = asyncio.get_running_loop()
                self._taking_in = loop.run_in_executor(self._threads, self._lookup.refresh, seen.newest)
                self._taking_in.add_done_callback(self._taken_in)
            taking_in = self._taking_in
            if left_s > 0:
                await asyncio.wait({taking_in}, timeout=left_s)
            if not taking_in.done():
                raise _lagging()
            taking_in.result()
        self._behind_since = None

    def _taken_in(self, taking_in: asyncio.Future[object]) -> None:
        if not taking_in.cancelled() and taking_in.exception() is None:
            self._behind_since = None  # all that there was then; what came since has its own time

    async def follow(self) -> None:
        """For ever: take in what changes though nobody asks, so that whoever asks next need not wait for it."""
        while True:
            try:
                await self.catch_up(await self.look())
            except AmparoError as error:
                if error.slug != "lagging":
                    structlog.get_logger().warning("the ledger could not be followed", slug=error.slug)
                    await asyncio.sleep(self._pause_s)
            await asyncio.sleep(self._follow_s)

    async def _look_for_all(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            try:
                seen = await asyncio.get_running_loop().run_in_executor(self._threads, self._lookup.look)
            except Exception as error:  # noqa: BLE001  # handed to each who waits
                for one in waiting:
                    if not one.done():
                        one.set_exception(error)
            else:
                for one in waiting:
                    if not one.done():
                        one.set_result(seen)


def _lagging() -> Unavailable:
    text = "this worker has not taken in the newest changes yet"
    return Unavailable("lagging", text, "Come back in a moment.", retry_after_s=1)
