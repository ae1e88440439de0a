"""How the service is, in one word a check, for the console's page of figures: the cheap ones of `amparo doctor`. Mends nothing."""

from collections.abc import Callable
from typing import Final

from amparo.app.doctor import files, serving, webhooks
from amparo.app.doctor.model import Check, Finding, Installation, State, checked

CHECKS: Final[dict[str, Check]] = {
    "service": serving.processes,
    "disk": files.disk,
    "backup": files.last_backup,
    "deliveries": webhooks.webhooks,
}
SHOWN: Final = ("service", "portal", "console", "worker", "failed", "disk", "backup", "deliveries")
WORSE: Final[tuple[State, ...]] = ("ok", "warn", "bad")


def health_of(installation: Installation) -> Callable[[], list[tuple[str, State]]]:
    """Gives each check with the worst that it found. What stands in SHOWN and was not found is in order, but for a process that could not start."""

    def now() -> list[tuple[str, State]]:
        found = [one for name, check in CHECKS.items() for one in checked(name, check, installation)]
        return [(name, _worst(found, name)) for name in SHOWN if name != "failed" or _has(found, name)]

    return now


def _worst(found: list[Finding], name: str) -> State:
    return max((one.state for one in found if one.check == name), key=WORSE.index, default="ok")


def _has(found: list[Finding], name: str) -> bool:
    return any(one.check == name for one in found)
