"""How often a place, and the whole portal, may do what costs us or could be guessed. Counts in memory; keeps no address.

A place is the keyed digest of where a request came from (place.py), None where that says nothing (an onion service): of what the whole
portal may, such requests together get a half, so that who hides in them cannot use up all of it. Each hour of the clock a place has another digest, so its count begins anew with the hour; that of the whole portal slides: of the hour before
counts the share that the last sixty minutes still cover. Only what was let through is counted, so there are never more entries
than the limits of the whole portal allow.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Literal

from amparo.errors import LimitReached
from amparo.portal.settings import LimitSettings
from amparo.terms.clock import Clock

Act = Literal["session", "guess", "case", "tip", "message", "files"]
ACTS: Final[tuple[Act, ...]] = ("session", "guess", "case", "tip", "message", "files")
HOUR_S: Final = 3600
NOWHERE: Final = b""
"""Stands for all whose place says nothing."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Acts an hour: of one place, of the whole portal."""

    place: int
    whole: int


@dataclass(slots=True)
class _Window:
    """The hour that runs, by place, and how many there were in all in the hour before."""

    hour: int = -2
    all_before: int = 0
    all_now: int = 0
    places: Counter[bytes] = field(default_factory=Counter)

    def turn(self, hour: int) -> None:
        if hour == self.hour:
            return
        self.all_before = self.all_now if hour == self.hour + 1 else 0
        self.all_now, self.hour = 0, hour
        self.places = Counter()

    def wait_s(self, cap: int, at_s: float) -> int:
        """Seconds until the whole portal may do one more, 0 for now. at_s: since the hour began."""
        now, before = self.all_now, self.all_before
        if now + before * (1 - at_s / HOUR_S) + 1 <= cap:
            return 0
        if now + 1 <= cap:  # the hour before has to wane
            return max(1, ceil(HOUR_S * (1 - (cap - 1 - now) / before) - at_s))
        return max(1, ceil(HOUR_S - at_s + HOUR_S * (1 - (cap - 1) / now)))

    def wait_of_place_s(self, place: bytes, cap: int, at_s: float) -> int:
        """As ``wait_s``, of one place."""
        return 0 if self.places[place] < cap else max(1, ceil(HOUR_S - at_s))


class Limits:
    """Counts for one process of the portal; worth nothing after a restart."""

    def __init__(self, settings: LimitSettings, clock: Clock) -> None:
        self._caps = {True: caps(settings), False: unproved(settings)}
        self._clock = clock
        self._windows = {(act, proved): _Window() for act in ACTS for proved in (True, False)}
        self._lock = threading.Lock()

    def take(self, act: Act, place: bytes | None, *, proved: bool) -> None:
        """Count one act. proved: a proof of work came with it (work.py); without one the tighter limits hold.

        Those with and without a proof are counted apart: who floods the portal without one shuts nobody out who brings it.
        Raises: LimitReached (too_often) with the seconds after which it may be tried again.
        """
        cap = self._caps[proved][act]
        place, most = (NOWHERE, max(1, cap.whole // 2)) if place is None else (place, cap.place)
        window = self._windows[act, proved]
        with self._lock:
            hour, at_s = divmod(self._clock.now().timestamp(), HOUR_S)
            window.turn(int(hour))
            wait_s = max(window.wait_s(cap.whole, at_s), window.wait_of_place_s(place, most, at_s))
            if wait_s:
                raise LimitReached(
                    "too_often",
                    "this was done too often within the hour",
                    "Wait, then try again.",
                    retry_after_s=wait_s,
                )
            window.all_now += 1
            window.places[place] += 1

    def held(self) -> int:
        """How many counts of places are kept: for tests and figures."""
        with self._lock:
            return sum(len(each.places) for each in self._windows.values())


def caps(settings: LimitSettings) -> Mapping[Act, Caps]:
    """What the settings allow who brings a proof of work."""
    return {
        "session": Caps(settings.sessions_per_place, settings.sessions),
        "guess": Caps(settings.guesses_per_place, settings.guesses),
        "case": Caps(settings.cases_per_place, settings.cases),
        "tip": Caps(settings.tips_per_place, settings.tips),
        "message": Caps(settings.messages_per_place, settings.messages),
        "files": Caps(settings.file_parts_per_place, settings.file_parts),
    }


def unproved(settings: LimitSettings) -> Mapping[Act, Caps]:
    """What they allow who brings none, at least one of each. A session is begun before there is a page that could work."""
    share = settings.unproved_percent
    return {
        act: full if act == "session" else Caps(max(1, full.place * share // 100), max(1, full.whole * share // 100))
        for act, full in caps(settings).items()
    }
