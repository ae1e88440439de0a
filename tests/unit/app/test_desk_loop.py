"""The desk's loop: what goes wrong is told once and holds up no other step; how far the API workers of this machine are."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from amparo.app.desk import DeskLoop, WorkersHere
from amparo.errors import Unavailable

DEAD = 2**22 + 1  # over the highest number a process may have


def word(run: Path, name: str, **changes: object) -> None:
    told = {"pid": os.getpid(), "state": "ready", "generation": 7, "kinds": {}} | changes
    (run / name).write_text(json.dumps({key: value for key, value in told.items() if value is not None}))


@pytest.mark.parametrize(
    ("changes", "is_there"),
    [
        ({}, True),
        ({"generation": 8}, True),
        ({"generation": 6}, False),
        ({"generation": 6, "pid": DEAD}, True),
        ({"generation": 6, "state": "failed"}, True),
        ({"generation": None}, True),
        ({"generation": "x"}, True),
        ({"pid": None}, True),
    ],
)
def test_a_change_is_everywhere_when_no_living_worker_is_behind(
    tmp_path: Path, changes: dict[str, object], is_there: bool
) -> None:
    word(tmp_path, "api-0.json")
    word(tmp_path, "api-1.json", **changes)
    word(tmp_path, "worker.json", generation=0)
    (tmp_path / "api-2.json").write_bytes(b"\xff{")
    assert WorkersHere(tmp_path).everywhere(7) is is_there


def test_without_workers_nobody_answers(tmp_path: Path) -> None:
    assert WorkersHere(tmp_path).everywhere(7)


def test_what_goes_wrong_is_told_once_and_holds_up_nothing() -> None:
    done: list[str] = []
    wrong: list[Exception] = []

    def step(name: str):
        def work() -> None:
            if name == "take" and wrong:
                raise wrong[0]
            done.append(name)

        return work

    desk = SimpleNamespace(
        take=step("take"), count_matches=step("count"), settle=step("settle"), show=step("show"), notice_gone=step("notice"), asides=list
    )  # fmt: skip
    side = SimpleNamespace(set_helpers=lambda told: done.append(f"helpers {told}"), forget=lambda kept: done.append("forget"))  # fmt: skip
    loop = DeskLoop(desk, side, lambda: {1: b"x"})  # type: ignore[arg-type]
    loop.work_once()
    assert done == ["notice", "take", "count", "settle", "show", "helpers {1: b'x'}", "forget"]
    with capture_logs() as said:
        for wrong[:] in (
            [Unavailable("database_busy", "busy")] * 1,
            [Unavailable("database_busy", "busy")],
            [RuntimeError("her words")],
            [],
        ):
            loop.work_once()
    assert [(one["event"], one.get("slug")) for one in said] == [
        ("the desk cannot go on; it tries again", "database_busy"),
        ("the desk cannot go on; it tries again", "RuntimeError"),
        ("the desk goes on", None),
    ]
    assert "her words" not in str(said)
    assert done.count("show") == 5
    assert done.count("take") == 2
