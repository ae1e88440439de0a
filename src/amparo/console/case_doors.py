"""What the pages of cases need of the rooms below, beside who is signed in. Makes nothing itself."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from amparo.access.staff_model import StaffPrincipal
from amparo.cases.casework import Casework
from amparo.cases.tips import Tips


@dataclass(frozen=True, slots=True)
class RouteLine:
    """One place to turn to. what: what it is for, in the reader's language. is_confirmed: somebody in that place vouched for it."""

    what: str
    name: str
    url: str
    phone: str
    is_for_minors: bool
    is_confirmed: bool


class Routes(Protocol):
    """Where somebody under 18 can turn, by place: the same lists the portal shows."""

    def names(self, language: str) -> Sequence[tuple[str, str]]:
        """Code and name of each place."""
        ...

    def lines(self, place: str, language: str) -> Sequence[RouteLine]:
        """The route of that place, of every other place the international one."""
        ...


@dataclass(frozen=True)
class CaseDoors:
    """helper: the name of a helper's key. work_of: the open work that a case or tip is, None without any. mark_minor: it, by its uid,
    may show somebody under 18; with the work it is, where there is one.
    """

    work: Casework
    routes: Routes
    helper: Callable[[int], str]
    work_of: Callable[[StaffPrincipal, str], int | None]
    mark_minor: Callable[[StaffPrincipal, str], None]


@dataclass(frozen=True)
class TipDoors:
    """ready: makes the key that sealed tips are sealed to, where there is none and who asks may open tips.

    ask: for a sealed tip to be opened, by its uid, with a reason; another must agree. asked: the tips for which somebody asked already.
    """

    work: Tips
    ready: Callable[[StaffPrincipal], None]
    ask: Callable[[StaffPrincipal, str, str], None]
    asked: Callable[[StaffPrincipal], Collection[str]]
