"""The word a child process leaves in `run/NAME.json`: ready, or why it could not start. Not a way to give orders.

The supervisor waits for it, `amparo doctor` reads it. It holds figures and our own error texts, nothing of what is matched.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from amparo.errors import AmparoError
from amparo.store.durable import write_whole

READY = "ready"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Word:
    """pid: of the process that left it. state: ready or failed, then with the error's class, slug, text and hint."""

    pid: int
    state: str
    error: str = ""
    slug: str = ""
    text: str = ""
    hint: str = ""


def place_of(data: Path, name: str) -> Path:
    """Where the process ``name`` of the data folder leaves its word."""
    return data / "run" / f"{name}.json"


def leave(place: Path, state: str, told: Mapping[str, object]) -> None:
    """Leave word. Raises: NoRoom, Misconfigured (file_refused)."""
    write_whole(place, json.dumps({"pid": os.getpid(), "state": state, **told}).encode())


def heard(place: Path) -> Word | None:
    """The word at ``place``, None when there is none (yet)."""
    try:
        told: Any = json.loads(place.read_bytes())
        return Word(int(told["pid"]), *(str(told.get(name, "")) for name in ("state", "error", "slug", "text", "hint")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def port_of(place: Path) -> int | None:
    """The port the process at ``place`` listens at, None where it told none."""
    try:
        told: Any = json.loads(place.read_bytes())
        return int(told["port"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


@contextlib.contextmanager
def starting(data: Path, name: str) -> Iterator[None]:
    """Around the main function of a child: an error of ours is logged, left as word, and is its exit status."""
    try:
        yield
    except AmparoError as error:
        told = {"error": type(error).__name__, "slug": error.slug, "text": error.text, "hint": error.hint}
        structlog.get_logger().error("process ended by an error", process=name, **told)
        with contextlib.suppress(AmparoError):
            leave(place_of(data, name), FAILED, told)
        raise SystemExit(error.exit_status) from error
