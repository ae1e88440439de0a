"""The console's process by itself: what it opens, what it says, and how it ends."""

import json
import socket
from pathlib import Path

import httpx

from tests.ledgers import LEDGERS
from tests.portal_process import ended, free_port, running


def named(folder: Path) -> dict[str, str]:
    """The variables that name the ledger, as the supervisor passes them on."""
    return {"AMPARO_DATABASE_URL": LEDGERS.url(folder)} if LEDGERS.is_postgres else {}


def test_it_serves_says_nothing_of_who_came_opens_no_intake_and_stops_in_time(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port, "console", **named(tmp_path)) as process:
        word = json.loads((tmp_path / "run" / "console.json").read_text())
        assert (word["pid"], word["state"]) == (process.pid, "ready")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"user-agent": "tell-tale"}) as client:
            assert client.get("/readyz").text == "ready\n"
            turned = client.get("/queue", headers={"cookie": "staff=secret-token"})
            assert (turned.status_code, turned.headers["location"]) == (303, "/sign-in")
            assert client.get("/secret-path?secret-words").status_code == 404
            raw = socket.create_connection(("127.0.0.1", port))
            raw.sendall(b"NONSENSE\r\n\r\n")
            told = raw.recv(10_000).decode()
            assert told.startswith("HTTP/1.1 400 ")
            assert "content-security-policy: default-src 'none'" in told
            raw.close()
        status, said, seconds = ended(process)
    assert (status, seconds < 6) == (0, True), said
    for secret in ("tell-tale", "secret", "127.0.0.1", "NONSENSE"):
        assert secret not in said
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("intake")]
    assert not (tmp_path / "secrets" / "receipt.pepper").exists()


def test_a_setting_it_cannot_take_is_told_by_word_and_exit_status(tmp_path: Path) -> None:
    wrong = {"AMPARO_CONSOLE_PUBLIC_URL": "console.example"}
    with running(tmp_path, free_port(), "console", **wrong, **named(tmp_path)) as process:
        assert process.wait(30) == 2
        word = json.loads((tmp_path / "run" / "console.json").read_text())
        assert (word["slug"], word["text"]) == ("bad_setting", "console.public_url is no whole address")
