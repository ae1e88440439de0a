"""What other thresholds of a bank would have done: pure counting over kept match events and judged past uploads. Reads nothing.

Narrower thresholds are answered exactly from the events, which keep each match's distance, for all kinds but videos: how much of a
video would still meet is not kept, so those are told as unknown. Wider ones need the uploads themselves (match/supposing.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import msgspec

from amparo.banks.model import Bank
from amparo.hashing import KINDS
from amparo.match.model import Event

Stands = Literal["yes", "no", "unknown"]
HALF: Final = 50.0
PAIRS_MAX: Final = 5_000
CONTENTS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Change:
    """now, then: the bank's thresholds by kind, in force and supposed. share_min: of a video's frames that must meet, in percent."""

    bank: str
    now: Mapping[str, int]
    then: Mapping[str, int]
    share_min: float = 80.0

    @property
    def narrower(self) -> list[str]:
        """The kinds that would meet less."""
        return [kind for kind, bits in self.then.items() if bits < self.now[kind]]

    @property
    def wider(self) -> list[str]:
        """The kinds that would meet more."""
        return [kind for kind, bits in self.then.items() if bits > self.now[kind]]


class Tally(msgspec.Struct):
    """What was counted. read: events or uploads looked at. met: those the bank meets by its thresholds of now. changed: those it would
    meet otherwise. alone: of these those that nothing else meets. unknown: those that cannot be told. days: by day and client,
    of the changed; contents: by id, in how many of these; beyond: those of neither list, once the lists are full.
    """

    read: int = 0
    met: int = 0
    changed: int = 0
    alone: int = 0
    hides: int = 0
    unknown: int = 0
    days: dict[str, dict[str, int]] = {}
    contents: dict[int, int] = {}
    beyond: int = 0

    def note(self, at: datetime, client: str, content_ids: Iterable[int]) -> None:
        """One that would be met otherwise, by these contents."""
        self.changed += 1
        day: date = at.date()
        clients = self.days.setdefault(day.isoformat(), {})
        is_beyond = client not in clients and sum(map(len, self.days.values())) >= PAIRS_MAX
        if not is_beyond:
            clients[client] = clients.get(client, 0) + 1
        for content_id in content_ids:
            if content_id in self.contents or len(self.contents) < CONTENTS_MAX:
                self.contents[content_id] = self.contents.get(content_id, 0) + 1
            else:
                is_beyond = True
        self.beyond += is_beyond


def change_of(bank: Bank, thresholds: Mapping[str, int], share_min: float) -> Change:
    """From the bank as it is to ``thresholds``, which names only the kinds that differ from what is in force."""
    now = {kind: bank.threshold_bits(kind) for kind in KINDS}
    return Change(bank.name, now, {**now, **thresholds}, share_min)


def count_narrower(tally: Tally, events: Iterable[Event], change: Change) -> None:
    """Add to ``tally`` what of ``events`` the bank would not have met."""
    for event in events:
        tally.read += 1
        of_bank = [match for match in event.matches if match["bank"] == change.bank]
        stood = [match for match in of_bank if _stands(match, change, change.now) == "yes"]
        if not stood:
            continue
        tally.met += 1
        told = [(match, _stands(match, change, change.then)) for match in stood]
        lost = [_content_id(match) for match, stands in told if stands == "no"]
        tally.unknown += any(stands == "unknown" for _, stands in told)
        if not lost:
            continue
        tally.note(event.at, event.client, lost)
        if len(lost) == len(event.matches):
            tally.alone += 1
            tally.hides += event.suggested_action == "hide"


def _stands(match: Mapping[str, Any], change: Change, thresholds: Mapping[str, int]) -> Stands:
    """Whether the match would be one by ``thresholds``: by the kind it is told by, or by another that met too."""
    kinds = {str(match["kind"]): int(match["distance_bits"]), **match.get("also_bits", {})}
    found = {_kind_stands(kind, bits, change, thresholds) for kind, bits in kinds.items()}
    return "yes" if "yes" in found else "unknown" if "unknown" in found else "no"


def _kind_stands(kind: str, bits: int, change: Change, thresholds: Mapping[str, int]) -> Stands:
    """Of a video ``bits`` is the median of the frames that met: under it less than half of them would, which is too few."""
    limit = thresholds[kind]
    if KINDS[kind].over != "frames":
        return "yes" if bits <= limit else "no"
    if limit >= change.now[kind]:
        return "yes"
    return "no" if bits > limit and change.share_min > HALF else "unknown"


def _content_id(match: Mapping[str, Any]) -> int:
    return int(match["content_id"])
