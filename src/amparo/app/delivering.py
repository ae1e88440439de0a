"""The deliverer over the rooms of the background worker. Decides nothing."""

import random

from amparo.app.rooms import Rooms
from amparo.review.delivery import Deliverer
from amparo.review.settings import ReviewSettings


def deliverer_of(rooms: Rooms) -> Deliverer:
    """What delivers actions to webhooks, in a thread of its own."""
    return Deliverer(rooms.webhooks, rooms.settings.section(ReviewSettings), random.SystemRandom())
