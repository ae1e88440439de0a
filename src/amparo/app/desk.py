"""The desk as the background worker runs it: a loop of its own over ledger and intake, and how far the API workers are. Decides nothing."""

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from amparo.app.intake import intake_of
from amparo.app.rooms import Rooms
from amparo.app.steps import Steps
from amparo.app.word import READY
from amparo.cases.desk import Desk
from amparo.cases.model import MatchSeen
from amparo.cases.settings import CasesSettings
from amparo.cases.taking import Taker
from amparo.intake.desk_side import DeskSide
from amparo.intake.settings import IntakeSettings
from amparo.match.service import Matcher
from amparo.terms.clock import to_us

PAUSE_S: Final = 0.3
HELPERS_ROUNDS: Final = 4
GONE_ROUNDS: Final = 30
FORGET_ROUNDS: Final = 200


@dataclass(frozen=True, slots=True)
class MatchEvents:
    """The match events of this ledger, as far as the desk wants them."""

    matcher: Matcher

    def after(self, event_id: int, limit: int) -> Sequence[MatchSeen]:
        """Events with ids over ``event_id``, in order."""
        return [
            MatchSeen(one.id, to_us(one.at), one.client, tuple({int(str(met["content_id"])) for met in one.matches}))
            for one in self.matcher.events(event_id, limit, None)
        ]


@dataclass(frozen=True, slots=True)
class WorkersHere:
    """The API workers of this machine, by the words they leave in ``run``."""

    run: Path

    def everywhere(self, change: int) -> bool:
        """Whether each that lives has told that it has taken in ``change``. One that starts reads the ledger as it is now."""
        return all(
            generation >= change
            for generation in map(_generation, self.run.glob("api-*.json"))
            if generation is not None
        )


def _generation(place: Path) -> int | None:
    """How far the worker is that left this word; None when it does not live, or does not serve yet."""
    try:
        word: Any = json.loads(place.read_bytes())
        os.kill(int(word["pid"]), 0)
        return int(word["generation"]) if word["state"] == READY else None
    except PermissionError:  # it lives, as another user
        return int(word["generation"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


@dataclass(slots=True)
class DeskLoop:
    """Does the desk's steps again and again. What goes wrong is told once, and once more when it is right again."""

    desk: Desk
    side: DeskSide
    helpers: Callable[[], Mapping[int, bytes]]
    _steps: Steps = field(default_factory=lambda: Steps("the desk"))
    _rounds: int = 0

    def run(self, done: threading.Event) -> None:
        """Until ``done``."""
        while not done.wait(PAUSE_S):
            self.work_once()

    def work_once(self) -> None:
        """One round; what fails holds up nothing else."""
        steps: dict[str, Callable[[], object]] = {
            "take": self.desk.take,
            "count": self.desk.count_matches,
            "settle": self.desk.settle,
            "show": self.desk.show,
        }
        if self._rounds % GONE_ROUNDS == 0:
            steps = {"notice": self.desk.notice_gone} | steps
        if self._rounds % HELPERS_ROUNDS == 0:
            steps["helpers"] = lambda: self.side.set_helpers(self.helpers())
        if self._rounds % FORGET_ROUNDS == 0:
            steps["forget"] = self._forget
        self._rounds += 1
        for name, step in steps.items():
            self._steps.do(name, step)

    def _forget(self) -> None:
        self.side.forget([one.seq for one in self.desk.asides() if one.epoch == self.side.epoch()])


def desk_loop(rooms: Rooms) -> DeskLoop:
    """The desk over these rooms and the intake of the same installation, which must have been prepared."""
    side = DeskSide(intake_of(rooms.settings.deployment), rooms.clock, rooms.settings.section(IntakeSettings))
    taker = Taker(rooms.banks, rooms.clock, rooms.settings.section(CasesSettings))
    here = WorkersHere(rooms.data / "run")
    desk = Desk(rooms.db, rooms.clock, side, taker, MatchEvents(rooms.matcher), here)
    return DeskLoop(desk, side, rooms.access.helpers)
