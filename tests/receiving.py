"""A receiver of webhooks in a thread of its own, for tests of whole processes. Tests nothing itself."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator

from tests.receiver import Manner, Message, Receiver, receiving


@contextlib.contextmanager
def receiver_thread(manner: Callable[[Message], Manner] = lambda _: 204) -> Iterator[Receiver]:
    """It takes messages until the end."""
    ready, over, made = threading.Event(), threading.Event(), []

    async def serve() -> None:
        async with receiving() as receiver:
            receiver.manner = manner
            made.append(receiver)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="receiver")
    thread.start()
    try:
        assert ready.wait(30)
        yield made[0]
    finally:
        over.set()
        thread.join(30)
