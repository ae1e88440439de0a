"""What HMA's /status says of a worker that is not ready: its words, and when to ask again."""

from types import SimpleNamespace
from typing import Any

import pytest

from amparo.api.hma import state
from amparo.errors import Unavailable


class Behind:
    """A pulse that cannot catch up."""

    def __init__(self, retry_after_s: int | None) -> None:
        self.retry_after_s = retry_after_s

    async def look(self) -> object:
        return None

    async def catch_up(self, _seen: object) -> None:
        raise Unavailable("lagging", "not fresh", retry_after_s=self.retry_after_s)


@pytest.mark.parametrize(("retry_after_s", "told"), [(1, "1"), (None, None)])
async def test_a_worker_that_lags_says_so(retry_after_s: int | None, told: str | None) -> None:
    doors: Any = SimpleNamespace(pulse=Behind(retry_after_s))
    answer = await state.status_text(None, doors)  # type: ignore[arg-type]  # it reads nothing of the request
    assert (answer.status_code, answer.body) == (503, b"INDEX-STALE")
    assert answer.headers.get("Retry-After") == told
    assert (await state.live_text(None, doors)).status_code == 200  # type: ignore[arg-type]  # as above
