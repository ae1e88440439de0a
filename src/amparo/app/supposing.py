"""The worker's loop over questions of other thresholds: slice after slice in a thread of its own, so that nothing else waits. Counts nothing itself."""

import threading
from typing import Final

import structlog

from amparo.app.rooms import Rooms
from amparo.errors import AmparoError
from amparo.match.model import VideoRule
from amparo.match.settings import MatchSettings
from amparo.match.supposing import Supposing

PAUSE_S: Final = 0.5
LATER_S: Final = 5.0


def supposing_of(rooms: Rooms) -> Supposing:
    """The verbs over those rooms."""
    match = rooms.settings.section(MatchSettings)
    rule = VideoRule(match.video_query_share_min, match.video_content_share_min)
    return Supposing(rooms.banks, rooms.uploads, rule, rooms.clock)


def supposing_loop(rooms: Rooms, done: threading.Event) -> None:
    """Until ``done``, which it notices between two slices. What fails is told and tried again later."""
    supposing = supposing_of(rooms)
    pause = PAUSE_S
    while not done.wait(pause):
        pause = PAUSE_S
        try:
            while supposing.work_once() and not done.is_set():
                pass
        except AmparoError as error:
            structlog.get_logger().error("a question of other thresholds waits", slug=error.slug)
            pause = LATER_S
        except Exception as error:  # noqa: BLE001 - a thread that ended would leave all questions waiting
            structlog.get_logger().error("a question of other thresholds waits", error=type(error).__name__)
            pause = LATER_S
