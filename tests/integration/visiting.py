"""The portal over a real intake in a folder of the test's own, and persons at it. Tests nothing itself."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from amparo.portal.doors import Doors
from amparo.portal.settings import LimitSettings, PortalSettings
from tests.conftest import SetClock
from tests.integration.intake import Lobby, opened
from tests.integration.portal import at
from tests.person import LIGHT, QUICK, Person, doors_of

HERE, THERE = "198.51.100.7", "203.0.113.9"


@dataclass
class Parlour:
    """A portal and what stands behind it."""

    lobby: Lobby
    doors: Doors
    stack: AsyncExitStack
    uid: str = ""
    number: str = ""
    version: int = 0

    async def person(self, peer: str = HERE, doors: Doors | None = None, *, works: bool = True) -> Person:
        """Somebody at that address, with a browser of her own. doors: of another process."""
        persons: Callable[[], Person] = await self.stack.enter_async_context(at(doors or self.doors, peer=peer))
        person = persons()
        person.works = works
        return person


@asynccontextmanager
async def parlour(
    folder: Path, clock: SetClock, settings: PortalSettings = QUICK, limits: LimitSettings = LIGHT
) -> AsyncIterator[Parlour]:
    """A portal in that folder."""
    async with AsyncExitStack() as stack:
        lobby = stack.enter_context(opened(folder, clock))
        yield Parlour(lobby, doors_of(lobby.portal, settings, clock, limits), stack)
