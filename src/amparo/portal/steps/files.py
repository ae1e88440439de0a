"""Her files: hashed in the page by her own device (static/files-page.js), and only the hashes come, in parts (parts.py)."""

from dataclasses import dataclass
from typing import Final

from amparo.intake.model import FILES_MAX, FileIn, VPDQIn
from amparo.portal import toll
from amparo.portal.visit import Step, Visit
from amparo.web.forms import Form
from amparo.web.words import N_

NAMES: Final = {
    "pdq": N_("How it looks"),
    "vpdq": N_("How its scenes look"),
    "md5": N_("The exact file, short"),
    "sha256": N_("The exact file, long"),
}
"""What she is told of a kind of hash."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One hash as she sees it. name: what its kind is called. count: of the frames of a video, else 1."""

    name: str
    value: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Held:
    """One file that has arrived, by its hashes."""

    number: int
    medium: str
    hashes: tuple[Shown, ...]


def show(visit: Visit) -> dict[str, object]:
    """What is held so far, and the number of her next file."""
    files = visit.doors.intake.files(visit.token) if visit.token else []
    held = [Held(file.number, file.medium, tuple(_hashes(file))) for file in files]
    proof = toll.asked(visit, "files")  # for the script, not for the form
    return {"held": held, "next_number": _next(files), "room": FILES_MAX - len(files), "proof": proof}


def take(visit: Visit, form: Form) -> str:
    """On; or the same page with one file less, or with none."""
    number = form.one("drop")
    if form.act == "drop-all":
        visit.doors.intake.drop_files(visit.token)
    elif number.isascii() and number.isdecimal() and len(number) <= 4:
        visit.doors.intake.drop_file(visit.token, int(number))
    else:
        return "where"
    return "files"


def _next(files: list[FileIn]) -> int:
    """The first number behind all that are held; where that is over the last, the first that is free."""
    held = {file.number for file in files}
    after = max(held, default=0) + 1
    return after if after <= FILES_MAX else next(number for number in range(1, FILES_MAX + 2) if number not in held)


def _hashes(file: FileIn) -> list[Shown]:
    shown = []
    for signal in file.signals:
        name = NAMES[str(signal.__struct_config__.tag)]
        if isinstance(signal, VPDQIn):
            shown.append(Shown(name, signal.frames[0].value, len(signal.frames)))
        else:
            shown.append(Shown(name, signal.value))
    return shown


STEP = Step("files", show, take, before=lambda _: "happened", is_of_path=True)
