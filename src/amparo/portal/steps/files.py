"""Her files: hashed in the page by her own device (static/files-page.js), and only the hashes come, in parts (parts.py)."""

from dataclasses import dataclass

from amparo.intake.model import FileIn, VPDQIn
from amparo.portal.forms import Form
from amparo.portal.visit import Step, Visit


@dataclass(frozen=True, slots=True)
class Shown:
    """One hash as she sees it. count: of the frames of a video, else 1."""

    kind: str
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
    return {"held": held, "next_number": max((file.number for file in files), default=0) + 1}


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


def _hashes(file: FileIn) -> list[Shown]:
    shown = []
    for signal in file.signals:
        kind = str(signal.__struct_config__.tag)
        if isinstance(signal, VPDQIn):
            shown.append(Shown(kind, signal.frames[0].value, len(signal.frames)))
        else:
            shown.append(Shown(kind, signal.value))
    return shown


STEP = Step("files", show, take, before=lambda _: "happened", is_of_path=True)
