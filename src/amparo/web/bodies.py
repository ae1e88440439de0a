"""Bodies as they come in, so many at once that memory bears it. Where more come, a place that sends many shuts out nobody but itself."""

import asyncio
from collections import Counter

from starlette.requests import Request

from amparo.doorway.bodies import too_slow, whole


class Bodies:
    """Those that are on their way, oldest first. at_once: how many."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._coming: dict[asyncio.Timeout, bytes | None] = {}

    async def whole(self, request: Request, place: bytes | None, bytes_max: int, ms_max: int) -> bytes:
        """As ``doorway.bodies.whole``. place: where it comes from. Raises: TooSlow (too_slow) also where it had to make room."""
        try:
            async with asyncio.timeout(None) as patience:
                self._coming[patience] = place
                try:
                    self._make_room()
                    return await whole(request, bytes_max, ms_max)
                finally:
                    del self._coming[patience]
        except TimeoutError:
            raise too_slow() from None

    def _make_room(self) -> None:
        """The place with most on the way loses its oldest; of places with as many, the one that began first."""
        going = [patience for patience in self._coming if patience.when() is None]
        if len(going) > self._at_once:
            counts = Counter(self._coming[patience] for patience in going)
            most = max(counts.values())
            oldest = next(patience for patience in going if counts[self._coming[patience]] == most)
            oldest.reschedule(asyncio.get_running_loop().time())
