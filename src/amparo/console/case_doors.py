"""What the pages of cases need of the rooms below, beside who is signed in. Makes nothing itself."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from amparo.access.staff_model import StaffPrincipal
from amparo.cases.casework import Casework
from amparo.cases.tips import Tips


@dataclass(frozen=True)
class CaseDoors:
    """helper: the name of a helper's key. work_of: the open work that a case or tip is, None without any. mark_minor: it, by its uid,
    may show somebody under 18; with the work it is, where there is one.
    """

    work: Casework
    helper: Callable[[int], str]
    work_of: Callable[[StaffPrincipal, str], int | None]
    mark_minor: Callable[[StaffPrincipal, str], None]


@dataclass(frozen=True)
class TipDoors:
    """ready: makes the key that sealed tips are sealed to, where there is none and who asks may open tips.

    ask: for a sealed tip to be opened, by its uid, with a reason; another must agree. asked: those of some tips for which somebody asked already.
    """

    work: Tips
    ready: Callable[[StaffPrincipal], None]
    ask: Callable[[StaffPrincipal, str, str], None]
    asked: Callable[[Sequence[str]], Collection[str]]
