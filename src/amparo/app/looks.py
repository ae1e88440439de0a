"""How looks are put together in the processes: who may look, what is held for it, who draws. Decides nothing on values of a room."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from amparo.access.staff_model import StaffMember
from amparo.app.rooms import Rooms
from amparo.app.settings import Settings
from amparo.app.staff import staff_of
from amparo.cases.settings import CasesSettings
from amparo.match.finding import Finder
from amparo.media.pool import MediaPool
from amparo.review.client_copies import ClientCopies, MediaDoor
from amparo.review.exposure import Exposures
from amparo.review.held_media import HeldMedia
from amparo.review.late_minor import LateMinor
from amparo.review.looks import Looks
from amparo.review.settings import ReviewSettings
from amparo.review.subjects import LedgerSubjects, Source, Subjects
from amparo.wire import Fetcher, WireSettings

FOLDER: Final = "held"


@dataclass(frozen=True, slots=True)
class Looking:
    """What looks need of the other rooms. members: all of the staff. recipients: the age keys of who may look."""

    subjects: Subjects
    members: Callable[[], Sequence[StaffMember]]
    recipients: Callable[[], Sequence[str]]
    door_within: Callable[[Connection, int], MediaDoor | None]


def looking_of(rooms: Rooms) -> Looking:
    """Over the ledger's works and staff. Which members there are needs no secret."""
    staff = staff_of(rooms)
    return Looking(
        LedgerSubjects(),
        members=staff.members,
        recipients=lambda: staff.recipients("look"),
        door_within=rooms.webhooks.media_door_within,
    )


def folder_of(settings: Settings, data: Path) -> Path:
    """Where uploads are kept for looks."""
    given = settings.section(ReviewSettings).media_folder
    return Path(given) if given else data / FOLDER


def held_media(rooms: Rooms, looking: Looking) -> HeldMedia:
    """The uploads kept for looks."""
    settings = rooms.settings.section(ReviewSettings)
    folder = folder_of(rooms.settings, rooms.data)
    barred = rooms.settings.section(CasesSettings).bank_under_18
    return HeldMedia(rooms.db, rooms.clock, folder, settings, looking.subjects, looking.recipients, barred)


def late_minor_of(rooms: Rooms) -> LateMinor:
    """The words of under 18 that come late, over this process's indexes; they are read when first asked."""
    finder = Finder(rooms.db, rooms.matcher.lookup)
    return LateMinor(rooms.db, rooms.clock, finder, rooms.settings.section(CasesSettings).bank_under_18)


def looks_of(rooms: Rooms, looking: Looking, media: MediaPool) -> Looks:
    """Looks, and what they cost, for one process."""
    settings, fetcher = rooms.settings.section(ReviewSettings), Fetcher(rooms.settings.section(WireSettings))
    sources: dict[str, Source | None] = {
        "none": None,
        "sealed": held_media(rooms, looking),
        "fetch": ClientCopies(rooms.db, rooms.clock, looking.door_within, lambda: fetcher),
    }
    exposures = Exposures(rooms.db, rooms.clock, settings, looking.members)
    return Looks(
        rooms.db,
        rooms.clock,
        exposures,
        looking.subjects,
        sources[settings.media],
        lambda: media,
        late_minor_of(rooms).settle,
    )
