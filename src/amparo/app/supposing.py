"""The worker's loop over questions of other thresholds: slice after slice in a thread of its own, so that nothing else waits. Counts nothing itself."""

import threading
from typing import Final

from amparo.app.rooms import Rooms
from amparo.app.steps import Steps
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
    supposing, steps, pause = supposing_of(rooms), Steps("what other thresholds would have done"), PAUSE_S

    def slices() -> None:
        """All there are."""
        while supposing.work_once() and not done.is_set():
            pass

    while not done.wait(pause):
        pause = PAUSE_S if steps.do("slices", slices) else LATER_S
