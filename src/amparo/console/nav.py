"""The links that stand on every page, each for those who may follow it. Knows no page's content."""

from dataclasses import dataclass
from typing import Final, Protocol

from amparo.access.staff_model import StaffPermission
from amparo.web.words import N_


class Asking(Protocol):
    """Who asks for a page, and which."""

    @property
    def path(self) -> str:
        """The address of the page."""
        ...

    @property
    def there(self) -> frozenset[str]:
        """The addresses this console has."""
        ...

    def has(self, permission: StaffPermission) -> bool:
        """Whether who asks may do that."""
        ...

    def gettext(self, sentence: str) -> str:
        """The sentence in their language."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """One link. is_here: the page is it, or lies under it."""

    path: str
    text: str
    is_here: bool


LINKS: Final[tuple[tuple[str, str, StaffPermission], ...]] = (
    ("/queue", N_("Queue"), "work.read"),
    ("/seconds", N_("Second answers"), "second"),
    ("/cases", N_("Cases"), "cases.read"),
    ("/banks", N_("Banks"), "banks.read"),
    ("/figures", N_("Figures"), "figures.read"),
    ("/webhooks", N_("Webhooks"), "webhooks.read"),
    ("/record", N_("Record"), "record.read"),
    ("/staff", N_("Staff"), "staff.manage"),
    ("/settings", N_("Settings"), "own"),
)


def links(asking: Asking) -> list[Link]:
    """Those of who asks, in order."""
    return [
        Link(path, asking.gettext(text), asking.path == path or asking.path.startswith(f"{path}/"))
        for path, text, permission in LINKS
        if path in asking.there and asking.has(permission)
    ]
