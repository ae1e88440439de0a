"""The portal's process by itself: what it loads, what it opens, what it says, and how it ends."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from amparo.app import portal
from amparo.app.rooms import SECTIONS
from tests.ledgers import LEDGERS
from tests.portal_process import ended, environ, folder_of, free_port, running

FORBIDDEN = (
    "access",
    "api",
    "app.rooms",
    "banks",
    "cases",
    "cli",
    "match",
    "media",
    "uploads",
    "wire",
    "index",
    "hashing",
)
FOREIGN = ("PIL", "av", "pi_heif", "httpx", "httpcore", "numpy", "dask")
LOADED = """
import sys
sys.argv = ["portal", *sys.argv[1:]]
import amparo.app.portal as process
async def told(doors, bound, place):
    print("\\n".join(sorted(sys.modules)), flush=True)
process._serve = told
process.main()
"""


def test_it_loads_nothing_it_may_not_reach(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    command = [sys.executable, "-c", LOADED, "--data", str(folder), "--port", str(free_port())]
    done = subprocess.run(command, env=environ(folder), capture_output=True, text=True, timeout=60, check=False)
    loaded = done.stdout.split()
    assert "amparo.portal.application" in loaded, done.stderr
    ours = [name for name in loaded if name.startswith(tuple(f"amparo.{room}" for room in FORBIDDEN))]
    assert ours == []
    assert [name for name in loaded if name.split(".")[0] in FOREIGN] == []
    if not LEDGERS.is_postgres:
        assert "psycopg" not in loaded
    opened = {path.name for path in folder.iterdir()}
    assert "ledger.sqlite" not in opened
    assert opened <= {"run", "secrets", "intake.sqlite", "intake.sqlite-wal", "intake.sqlite-shm"}


def test_it_serves_says_nothing_of_who_came_and_stops_in_time(tmp_path: Path) -> None:
    folder, port = folder_of(tmp_path), free_port()
    with running(folder, port) as process:
        word = json.loads((folder / "run" / "portal.json").read_text())
        assert (word["pid"], word["state"]) == (process.pid, "ready")
        here = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=here, follow_redirects=True, headers={"user-agent": "tell-tale"}) as client:
            assert client.get("/readyz").text == "ready\n"
            form = {"form": "", "step": "language", "in": "en", "language": "ko"}
            answer = client.post("/", data=form)
            assert 'lang="ko"' in answer.text
            assert client.get("/secret-path?secret-words").status_code == 404
            token = client.cookies["s"]
            raw = socket.create_connection(("127.0.0.1", port))
            raw.sendall(b"NONSENSE\r\n\r\n")
            told = raw.recv(10_000).decode()
            assert told.startswith("HTTP/1.1 400 ")
            assert "content-security-policy: default-src 'none'" in told
            raw.close()
        status, said, seconds = ended(process)
    assert (status, seconds < 6) == (0, True), said
    for secret in ("tell-tale", "secret", "127.0.0.1", token, "NONSENSE"):
        assert secret not in said


def test_a_request_under_way_does_not_hold_it_up_for_long(tmp_path: Path) -> None:
    folder, port = folder_of(tmp_path), free_port()
    with running(folder, port) as process, socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 1000\r\n\r\nstep=lang"
        )
        time.sleep(0.3)
        status, said, seconds = ended(process)
        assert (status, seconds < 7) == (0, True), said


def test_what_it_lacks_it_tells_by_word_and_exit_status(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    command = [sys.executable, "-m", "amparo.app.portal", "--data", str(tmp_path), "--port", str(free_port())]
    done = subprocess.run(command, env=environ(tmp_path), capture_output=True, text=True, timeout=60, check=False)
    word = json.loads((tmp_path / "run" / "portal.json").read_text())
    assert (done.returncode, word["state"], word["slug"]) == (2, "failed", "secret_missing")


def test_settings_of_others_are_passed_over_and_unknown_ones_are_not(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "amparo.toml").write_text(
        '[match]\nevent_days = 7\n[api]\nin_flight_max = 3\n[portal]\ntitle = "Recipes"\n'
    )
    port = free_port()
    with running(folder, port, AMPARO_MEDIA_CHILDREN="2", AMPARO_ACCESS_NOBODY_KNOWS="1") as process:
        page = httpx.get(f"http://127.0.0.1:{port}/")
        assert "<title>Recipes</title>" in page.text
        assert ended(process)[0] == 0
    (folder / "run" / "portal.json").unlink()
    (folder / "amparo.toml").write_text("[portal]\ntitel = 'Recipes'\n")
    with running(folder, port) as process:
        assert process.wait(30) == 2
        assert json.loads((folder / "run" / "portal.json").read_text())["slug"] == "unknown_setting"


def test_every_section_is_its_own_or_named_as_anothers() -> None:
    assert set(SECTIONS) - set(portal.SECTIONS) <= portal.ELSEWHERE
    assert not set(portal.SECTIONS) & portal.ELSEWHERE
    assert {name: SECTIONS[name] for name in portal.SECTIONS} == portal.SECTIONS


@pytest.mark.once
def test_its_files_are_its_owners_alone(tmp_path: Path) -> None:
    folder, port = folder_of(tmp_path), free_port()
    with running(folder, port):
        for path in folder.glob("intake.sqlite*"):
            assert path.stat().st_mode & 0o077 == 0
