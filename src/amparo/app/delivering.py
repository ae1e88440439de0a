"""Actions as the background worker sees to them: delivered in a thread of its own, interim hides ended in another. Decides nothing."""

import random
import threading
from typing import Final

import structlog

from amparo.app.rooms import Rooms
from amparo.errors import AmparoError
from amparo.review.delivery import Deliverer
from amparo.review.hides import Hides
from amparo.review.settings import ReviewSettings

PAUSE_S: Final = 0.5


def delivering(rooms: Rooms, done: threading.Event) -> list[threading.Thread]:
    """The threads, not yet started; each ends soon after ``done``."""
    deliverer = Deliverer(rooms.webhooks, rooms.settings.section(ReviewSettings), random.SystemRandom())
    hides = Hides(rooms.actions)
    return [
        threading.Thread(target=deliverer.run, args=(done,), name="deliveries"),
        threading.Thread(target=end_hides, args=(hides, done), name="hides"),
    ]


def end_hides(hides: Hides, done: threading.Event) -> None:
    """End interim hides whose time is over until ``done``. What goes wrong is told once, and once more when it is right again."""
    wrong = ""
    while not done.wait(PAUSE_S):
        try:
            while hides.end_due() and not done.is_set():
                pass
            now = ""
        except AmparoError as error:
            now = error.slug
        except Exception as error:  # noqa: BLE001  # a hide that never ends is a decision nobody made
            now = type(error).__name__
        if now and now != wrong:
            structlog.get_logger().error("interim hides do not end; it tries again", slug=now)
        elif wrong and not now:
            structlog.get_logger().info("interim hides end again")
        wrong = now
