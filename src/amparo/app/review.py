"""The review room wired over the others, for the console, the API and the worker, and the worker's loop over it. Decides nothing."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from amparo.app.banking import bank_executors, listing_keys
from amparo.app.intake import secrets_of
from amparo.app.looks import late_minor_of
from amparo.app.rooms import Rooms, minors_of
from amparo.app.staff import staff_of
from amparo.app.steps import Steps
from amparo.cases.service import Cases
from amparo.cases.tips import Tips
from amparo.review.actions import Actions
from amparo.review.bank_acts import checks
from amparo.review.cards import Cards
from amparo.review.deciding import Deciding, nobody_looked
from amparo.review.effects import Effects
from amparo.review.feeding import Feeder
from amparo.review.hides import Hides
from amparo.review.looks import Looks
from amparo.review.minor import Minors
from amparo.review.model import SecondKind
from amparo.review.queue import Queue, can_always_look
from amparo.review.reporting import Reports
from amparo.review.seconds import Both, Executor, Seconds
from amparo.review.settings import ReviewSettings
from amparo.sealing.keys import desk_recipient, has_desk_key, tips_recipient

PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The verbs of the room over one ledger."""

    actions: Actions
    queue: Queue
    deciding: Deciding
    minors: Minors
    seconds: Seconds
    reports: Reports
    feeder: Feeder
    hides: Hides


def tips_of(rooms: Rooms) -> Tips:
    """The sealed tips of those rooms."""
    folder = secrets_of(rooms.settings.deployment)
    return Tips(Cases(rooms.db, rooms.clock), lambda: tips_recipient(folder) or desk_recipient(folder))


def opening(tips: Tips) -> Executor:
    """Opens a sealed tip for the two who agreed on it."""

    def opened(connection: Connection, payload: Mapping[str, Any], both: Both) -> None:
        readers = dict.fromkeys((both.first_id, both.second.id))
        tips.open_within(connection, str(payload["uid"]), list(readers), f"second:{both.id}")

    return opened


def reviewing(rooms: Rooms, looks: Looks | None = None) -> Reviewing:
    """The room over those rooms. looks: of the process in which people look; without, no card offers one."""
    settings = rooms.settings.section(ReviewSettings)
    actions, staff = rooms.actions, staff_of(rooms)
    looked = nobody_looked if looks is None else looks.looked_within
    why_no_look = can_always_look if looks is None else looks.why_not
    deciding = Deciding(rooms.db, rooms.clock, Effects(rooms.banks, actions, rooms.clock, settings), looked)
    minors, late_minor = minors_of(rooms.banks, rooms.settings), late_minor_of(rooms)
    done_by_two: dict[SecondKind, Executor] = {"open_tip": opening(tips_of(rooms)), **bank_executors(rooms)}
    return Reviewing(
        actions=actions,
        queue=Queue(
            rooms.db,
            rooms.clock,
            Cards(actions, partial(staff.keys_of, key_name="desk")),
            settings,
            staff.role_of,
            why_no_look,
        ),
        deciding=deciding,
        minors=minors,
        seconds=Seconds(
            rooms.db,
            rooms.clock,
            deciding,
            minors,
            done_by_two,
            partial(listing_keys, rooms),
            checks(late_minor.is_near),
        ),
        reports=Reports(rooms.db, rooms.clock, minors, deciding.effects),
        feeder=Feeder(rooms.db, rooms.matcher, Cases(rooms.db, rooms.clock), deciding, late_minor),
        hides=Hides(actions),
    )


@dataclass(slots=True)
class ReviewLoop:
    """Does the room's steps in the worker again and again."""

    steps: Mapping[str, Callable[[], object]]
    _steps: Steps = field(default_factory=lambda: Steps("review"))

    def run(self, done: threading.Event) -> None:
        """Until ``done``."""
        while not done.wait(PAUSE_S):
            self.work_once()

    def work_once(self) -> None:
        """One round; what fails holds up nothing else."""
        for name, step in self.steps.items():
            self._steps.do(name, step)


def report_readers(rooms: Rooms) -> Callable[[], list[str]]:
    """To whose keys the words of a report are sealed: of those of the staff who may read work, and the desk's, where there is one."""
    folder, staff = rooms.data / "secrets", staff_of(rooms)
    return lambda: [*staff.recipients("work.read"), *([desk_recipient(folder)] if has_desk_key(folder) else [])]


def review_loop(rooms: Rooms) -> ReviewLoop:
    """What the worker does of the room. Delivery (a step that waits for others' servers) and held media have loops of their own."""
    room = reviewing(rooms)
    return ReviewLoop({"feed": room.feeder.work_once, "hides": room.hides.end_due})
