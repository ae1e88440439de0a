"""An installation with portal, worker and desk in this process: real databases, keys and files in a folder. Tests nothing itself."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from amparo.access.model import OPERATOR
from amparo.app.clock import SystemClock
from amparo.app.desk import DeskLoop, desk_loop
from amparo.app.intake import intake_of, prepare_intake, receipts_of, secrets_of
from amparo.app.rooms import SECTIONS, Rooms, open_rooms
from amparo.app.settings import Settings, load
from amparo.intake.home import Opened
from amparo.intake.model import FileIn
from amparo.intake.sealed_to import SealTo
from amparo.intake.service import Intake
from amparo.intake.settings import IntakeSettings
from amparo.match.service import Question
from amparo.sealing.keys import desk_recipient, tips_recipient
from amparo.terms.signal import Signal
from tests.integration.desk import code
from tests.integration.intake import answered
from tests.ledgers import LEDGERS

PASSPHRASE = "six words of the desk's people"


def environ(folder: Path, **variables: str) -> dict[str, str]:
    """The environment of every process of the installation."""
    cheap = {"AMPARO_INTAKE_ARGON2_MEMORY_KIB": "19456", "AMPARO_INTAKE_ARGON2_PASSES": "2"}  # the least there may be
    own = {f"AMPARO_{name}": value for name, value in variables.items()}
    return LEDGERS.variables(folder) | cheap | {"AMPARO_DESK_PASSPHRASE": PASSPHRASE} | own


def settings(folder: Path, **variables: str) -> Settings:
    return load(folder / "amparo.toml", environ(folder, **variables), SECTIONS, data=folder)


@dataclass
class Installed:
    """portal: its side of the intake. loop: the desk, a round at a time."""

    folder: Path
    settings: Settings
    rooms: Rooms
    loop: DeskLoop
    portal: Intake

    def sent(self, *files: FileIn, **answers: object) -> tuple[Opened, str]:
        """A case that went the whole way, opened by its number, and the number."""
        draft = answered(**answers)
        token = self.portal.begin(draft)
        self.portal.add_files(token, files)
        number = self.portal.submit_case(token, draft)
        return self.opened(number), number

    def opened(self, number: str) -> Opened:
        opened = self.portal.open(number)
        assert opened is not None
        return opened

    def work(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.loop.work_once()

    def states(self, opened: Opened) -> dict[int, list[str]]:
        """What is shown of each file."""
        return {one.number: [state.name for state in one.states] for one in self.portal.home(opened).files}

    def origins(self, picture: int, client: str = "site") -> set[str]:
        """Whose listings a platform meets with this picture."""
        signals = [Signal("pdq", bytes.fromhex(code(picture)), 100)]
        verdict = self.rooms.matcher.judge(replace(OPERATOR, client=client), "r", signals, Question())
        return {one.origin for one in verdict.matches}


@contextlib.contextmanager
def installed(folder: Path, **variables: str) -> Iterator[Installed]:
    """The installation in ``folder``, made where there is none."""
    chosen = settings(folder, **variables)
    rooms = open_rooms(chosen)
    prepare_intake(chosen)
    loop, db = desk_loop(rooms), intake_of(chosen.deployment)
    keys = secrets_of(chosen.deployment)
    to = SealTo(desk_recipient(keys), lambda: tips_recipient(keys))
    portal = Intake(db, SystemClock(), chosen.section(IntakeSettings), receipts_of(chosen), to)
    try:
        yield Installed(folder, chosen, rooms, loop, portal)
    finally:
        loop.side.db.close()
        db.close()
        rooms.close()
