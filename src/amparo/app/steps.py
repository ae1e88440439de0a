"""Steps that a loop does again and again: what fails holds up nothing else, is told once, and once more when it is right again."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from amparo.errors import AmparoError


@dataclass(slots=True)
class Steps:
    """who: does them, as the log names it."""

    who: str
    _wrong: dict[str, str] = field(default_factory=dict)

    def do(self, name: str, step: Callable[[], object]) -> bool:
        """Whether it went well."""
        try:
            step()
        except AmparoError as error:
            return self._tell(name, error.slug)
        except Exception as error:  # noqa: BLE001 - a loop that stopped would let everybody wait
            return self._tell(name, type(error).__name__)
        if self._wrong.pop(name, ""):
            structlog.get_logger().info(f"{self.who} goes on", step=name)
        return True

    def _tell(self, name: str, slug: str) -> bool:
        if self._wrong.get(name) != slug:
            self._wrong[name] = slug
            structlog.get_logger().error(f"{self.who} cannot go on; it tries again", step=name, slug=slug)
        return False
