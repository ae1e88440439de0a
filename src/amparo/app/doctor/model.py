"""What a check of the doctor says, and what it may look at. Checks nothing itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from amparo.app.settings import Settings
from amparo.errors import AmparoError, Tampered
from amparo.terms.clock import Clock

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. check: a stable name; is_damage: stored state is not what was stored (exit status 20)."""

    check: str
    state: State
    text: str
    hint: str = ""
    is_damage: bool = False


@dataclass(frozen=True, slots=True)
class Installation:
    """What is looked at."""

    settings: Settings
    data: Path
    clock: Clock


Check = Callable[[Installation], Iterator[Finding]]


def checked(name: str, check: Check, installation: Installation) -> list[Finding]:
    """What the check finds; an error that ends it is a finding too."""
    found: list[Finding] = []
    try:
        found.extend(check(installation))
    except AmparoError as error:
        found.append(Finding(name, "bad", error.text, error.hint, isinstance(error, Tampered)))
    except OSError as error:
        found.append(Finding(name, "bad", f"could not be checked: {error.strerror}", "Check owner and mode."))
    return found
