"""What the doctor says of a machine that lacks something, and of a service that is on its way. Nothing here is ill for real."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from amparo.app.clock import SystemClock
from amparo.app.doctor import files, ledger, machine, portal, serving
from amparo.app.doctor.model import Finding, Installation, checked
from amparo.app.rooms import SECTIONS, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy
from amparo.errors import Tampered
from amparo.media.decoders import decoders
from amparo.media.formats import FORMATS
from amparo.store.schema import HEAD


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    (tmp_path / "run").mkdir(mode=0o700)
    return Installation(load(tmp_path / "amparo.toml", {}, SECTIONS, data=tmp_path), tmp_path, SystemClock())


def states(found: Iterator[Finding]) -> dict[str, str]:
    return {one.check: one.state for one in found}


def test_every_format_has_a_decoder_here() -> None:
    assert decoders() == {one.name: True for one in FORMATS}


def test_numpy_in_the_place_of_c_is_told(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.hashing, "kernel", lambda: "c-avx2")
    monkeypatch.setattr(machine.index, "kernel", lambda: "numpy")
    monkeypatch.setattr(machine.stream, "NAME", "numpy")
    told = [one for one in machine.kernels(installation) if one.check == "kernels"]
    assert [one.state for one in told] == ["ok", "warn", "warn"]
    assert told[1].hint


def test_a_failed_self_test_is_damage(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, int]:
        raise Tampered("self_test", "a kind computes wrong")

    monkeypatch.setattr(machine.hashing, "self_test", fail)
    assert checked("kernels", machine.kernels, installation)[-1].is_damage


def test_a_missing_decoder_and_a_failing_child(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "decoders", lambda: {"JPEG": True, "HEIF": False})
    monkeypatch.setattr(machine, "has_video", lambda: False)
    monkeypatch.setattr(machine, "_picture", lambda: b"BM, and no picture")
    told = {one.check: one for one in machine.media(installation)}
    assert {name: one.state for name, one in told.items()} == {
        "decoders": "bad",
        "video": "warn",
        "decoder_child": "bad",
    }
    assert "HEIF" in told["decoders"].text
    assert "JPEG" not in told["decoders"].text


@pytest.mark.parametrize(("free", "state"), [(1 << 20, "bad"), (512 << 20, "warn"), (1 << 40, "ok")])
def test_disk_room(installation: Installation, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert states(files.disk(installation)) == {"disk": state}


def test_a_folder_that_cannot_be_read_is_a_finding(installation: Installation) -> None:
    def refused(_: Installation) -> Iterator[Finding]:
        raise PermissionError(13, "Permission denied")
        yield

    assert [(one.check, one.state) for one in checked("modes", refused, installation)] == [("modes", "bad")]


def test_a_service_that_starts(installation: Installation) -> None:
    children = held(installation, "children.lock")
    fd = os.open(installation.data / "run" / "lock", os.O_RDWR | os.O_CREAT)
    assert states(serving.processes(installation)) == {"service": "ok"}, "the lock's file alone says nothing"
    fcntl.flock(fd, fcntl.LOCK_EX)
    assert states(serving.processes(installation)) == {"service": "warn"}
    word(installation, 0)
    assert states(serving.processes(installation)) == {
        "service": "ok",
        "portal": "warn",
        "console": "warn",
        "worker": "warn",
    }
    word(installation, 0, "portal")
    word(installation, 0, "console")
    word(installation, 0, "worker")
    assert states(serving.processes(installation)) == {"service": "ok"}
    os.close(fd)
    assert states(serving.processes(installation)) == {"service": "bad"}, "a worker without its supervisor"
    os.close(children)
    told = {"service": "ok", "stale_words": "warn"}
    assert states(serving.processes(installation)) == told, "its number is another's by now"


def held(installation: Installation, name: str) -> int:
    """The lock as a process of the service holds it."""
    fd = os.open(installation.data / "run" / name, os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def word(installation: Installation, generation: int, name: str = "api-0") -> None:
    told = {"pid": os.getpid(), "state": "ready", "generation": generation, "kinds": {}}
    (installation.data / "run" / f"{name}.json").write_text(json.dumps(told))


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"pid": 1}', b'{"pid": 1, "generation": "x", "kinds": {}}', b"\xff"]
)
def test_a_word_that_is_none_is_left_out(installation: Installation, raw: bytes) -> None:
    (installation.data / "run" / "api-0.json").write_bytes(raw)
    assert serving.words_of(installation) == []
    assert states(serving.processes(installation)) == {"service": "ok"}


def test_a_worker_that_does_not_follow_is_told(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "FOLLOW_S", 0.1)
    rooms = open_rooms(installation.settings)
    rooms.banks.new_bank("A", BankPolicy())
    rooms.close()
    word(installation, 12345)
    children = held(installation, "children.lock")
    assert states(serving.index_and_database(installation)) == {"index": "ok", "workers": "warn"}
    os.close(children)


def test_a_ledger_that_never_rests_is_not_counted(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = open_rooms(installation.settings)
    monkeypatch.setattr(serving, "FOLLOW_S", 0.1)
    count = serving.counts_by_kind
    numbers = iter(range(1_000_000))

    def count_and_write(db: object) -> dict[str, int]:
        rooms.banks.new_bank(f"B{next(numbers)}", BankPolicy())
        return count(db)

    monkeypatch.setattr(serving, "counts_by_kind", count_and_write)
    (found,) = serving.index_and_database(installation)
    rooms.close()
    assert (found.state, "not counted" in found.text) == ("ok", True)


def test_an_address_is_local_or_not() -> None:
    assert [serving._is_local(one) for one in ("localhost", "127.0.0.1", "127.1.2.3", "::1")] == [True] * 4
    assert [serving._is_local(one) for one in ("0.0.0.0", "::", "10.0.0.1", "", "localhost.evil.example")] == [
        False
    ] * 5


def test_a_newer_and_an_older_schema(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    open_rooms(installation.settings).close()
    for head, state in (("0000", "bad"), (HEAD, "ok"), ("9999", "warn")):
        monkeypatch.setattr(ledger, "HEAD", head)
        assert states(ledger.database(installation))["schema"] == state


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        ({}, "ok"),
        ({"PUBLIC_URL": "http://notes.example.org"}, "bad"),
        ({"PUBLIC_URL": "http://notes.onion.example.org"}, "bad"),
        ({"PUBLIC_URL": "http://abcdefghijklmnop.onion"}, "ok"),
        ({"PUBLIC_URL": "https://notes.example.org"}, "warn"),
        ({"PUBLIC_URL": "https://notes.example.org", "PROXIES": "127.0.0.1"}, "ok"),
    ],
)
def test_a_portal_without_tls_or_with_a_proxy_unnamed_is_told(
    tmp_path: Path, variables: dict[str, str], state: str
) -> None:
    environ = {f"AMPARO_PORTAL_{name}": value for name, value in variables.items()}
    here = Installation(load(tmp_path / "amparo.toml", environ, SECTIONS, data=tmp_path), tmp_path, SystemClock())
    (told,) = portal.door(here)
    assert (told.check, told.state) == ("portal", state)
    assert bool(told.hint) == (state != "ok")
