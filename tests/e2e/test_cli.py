"""The commands as one types them: over a data folder, and over a running server by AMPARO_API_URL."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from amparo.hashing import KINDS
from tests.e2e.running import Service, started
from tests.signals import picture_kinds

pytestmark = pytest.mark.enable_socket
BYTES_ONLY = {name for name, kind in KINDS.items() if kind.over == "bytes"}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three pictures, a copy of one in a folder below, and a file that is no picture."""
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    for name in ("chelsea", "astronaut", "coffee"):
        Image.fromarray(getattr(data, name)()).save(folder / f"{name}.png")
    Image.fromarray(data.chelsea()).resize((300, 200)).save(folder / "below" / "猫 copy.jpg", quality=60)
    (folder / "words.txt").write_text("no picture")
    return folder


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with started(tmp_path, "--workers", "2") as running:
        running.ready_line()
        yield running


def amparo(*words: object, status: int = 0, env: dict[str, str] | None = None, stdin: str = "") -> list[str]:
    """The lines a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "amparo", *map(str, words)],
        capture_output=True, text=True, check=False, input=stdin, timeout=120, env={**os.environ, **(env or {})},
    )  # fmt: skip
    assert done.returncode == status, (words, done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def told(*words: object, **options) -> list[dict]:
    """The objects a command prints with --jsonl."""
    return [json.loads(line) for line in amparo(*words, "--jsonl", **options)]


def test_hash_tells_every_file_in_order_and_goes_on_after_a_bad_one(pictures: Path) -> None:
    files = [pictures / "coffee.png", pictures / "nothing.png", pictures / "words.txt", pictures / "chelsea.png"]
    lines = told("hash", *files, status=3)
    assert [line["file"] for line in lines] == [str(file) for file in files]
    assert [line.get("error", {}).get("slug") for line in lines] == [None, "unreadable_file", "undecodable", None]
    assert lines[0]["media_type"] == "image/png"
    assert [signal["kind"] for signal in lines[0]["signals"]] == [name for name in KINDS if name in picture_kinds()]
    assert 0 <= lines[0]["signals"][0]["quality"] <= 100
    assert {signal["kind"] for signal in lines[2]["signals"]} == BYTES_ONLY


def test_list_match_import_export_withdraw_over_a_folder(pictures: Path, tmp_path: Path) -> None:
    there = ("--data", tmp_path / "var")
    amparo("bank", "new", "Demo", "--action", "hide", *there)
    amparo("bank", "new", "demo", *there, status=2)
    (added,) = told("bank", "add", "Demo", pictures / "chelsea.png", *there)
    copy, other = told("match", pictures / "below" / "猫 copy.jpg", pictures / "coffee.png", *there)
    assert (copy["verdict"], other["verdict"]) == ("match", "no_match")
    (met,) = copy["matches"]
    assert (met["bank"], met["content_id"], met["view"]) == ("Demo", added["content_id"], "identity")
    assert "pdq" in (met["kind"], *met["also"])
    assert met["distance_bits"] <= met["threshold_bits"] == KINDS[met["kind"]].threshold_bits

    amparo("match", pictures / "coffee.png", "--bank", "None", *there, status=2)
    exported = tmp_path / "list.jsonl"
    exported.write_text("\n".join(amparo("bank", "export", "Demo", *there)))
    amparo("bank", "new", "Copy", *there)
    assert told("bank", "import", "Copy", exported, *there)[-1] == {
        "summary": {"added": len(picture_kinds()), "already": 0, "withdrawn": 0, "bad": 0}
    }
    (again,) = told("bank", "import", "Copy", "-", *there, stdin=exported.read_text())
    assert again["summary"]["already"] == len(picture_kinds())
    csv = "kind,value,external_id,note\nmd5,XX,a,\nmd5," + "0" * 32 + ",b,备注\n"
    bad, summary = told("bank", "import", "Copy", "-", *there, stdin=csv, status=3)
    assert (bad["row"], bad["error"]["slug"]) == (1, "bad_value")
    assert summary["summary"] == {"added": 1, "already": 0, "withdrawn": 0, "bad": 1}

    amparo("bank", "withdraw", "Demo", added["content_id"], *there)
    assert told("match", pictures / "chelsea.png", "--bank", "Demo", *there)[0]["verdict"] == "no_match"
    (again,) = told("bank", "add", "Demo", pictures / "chelsea.png", *there, status=3)
    assert again["error"]["slug"] == "withdrawn"
    (renamed,) = told("bank", "set", "Copy", "--rename", "Second", *there)
    assert (renamed["name"], renamed["contents"]) == ("Second", told("bank", "show", "Second", *there)[0]["contents"])
    amparo("bank", "set", "Second", "--rename", "demo", *there, status=2)
    amparo("bank", "set", "Second", "--rename", "Copy", "--action", "hide", *there)
    amparo("bank", "delete", "Copy", *there, status=2)
    amparo("bank", "delete", "Copy", "--yes", *there)
    assert [bank["name"] for bank in told("bank", "list", *there)] == ["Demo"]


def test_scan_goes_on_where_it_was_killed(pictures: Path, tmp_path: Path) -> None:
    there = ("--data", tmp_path / "var")
    amparo("bank", "new", "Demo", *there)
    amparo("bank", "add", "Demo", pictures / "chelsea.png", *there)
    for number in range(60):
        Image.fromarray(data.coffee()[number:, :]).save(pictures / f"many-{number:02}.jpg")
    command = [sys.executable, "-m", "amparo", "scan", str(pictures), "--jsonl", *map(str, there)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as begun:
        assert begun.stdout is not None
        early = [json.loads(begun.stdout.readline()) for _ in range(5)]
        begun.send_signal(signal.SIGKILL)
        early += [json.loads(line) for line in begun.stdout if line.endswith("\n")]
    assert len(early) < 65
    lines = told("scan", pictures, *there, status=3)
    assert [line["file"] for line in lines] == sorted(line["file"] for line in lines)
    assert len(lines) == 65
    assert lines[: len(early)] == early  # the request ids too: nothing was asked twice
    met = {Path(line["file"]).name for line in lines if line.get("verdict") == "match"}
    assert met == {"chelsea.png", "猫 copy.jpg"}
    assert not list((tmp_path / "var" / "run" / "scans").glob("*"))


def test_the_same_commands_over_a_server(service: Service, pictures: Path) -> None:
    admin = service.key("admin").popitem()[1].removeprefix("Bearer ")
    env = {"AMPARO_API_URL": service.url, "AMPARO_API_KEY": admin}
    amparo("bank", "new", "Demo", env=env)
    amparo("bank", "add", "Demo", pictures / "chelsea.png", env=env)
    amparo("key", "new", "uploads", "--role", "platform", "--client", "a site", env=env, status=2)  # no such client
    amparo("client", "new", "a site", env=env)
    (key,) = amparo("key", "new", "uploads", "--role", "platform", "--client", "a site", "--bank", "Demo", env=env)
    asker = {**env, "AMPARO_API_KEY": key}
    assert told("match", pictures / "below" / "猫 copy.jpg", env=asker)[0]["verdict"] == "match"
    amparo("bank", "add", "Demo", pictures / "coffee.png", env=asker, status=2)  # not its role
    amparo("match", pictures / "coffee.png", env={**env, "AMPARO_API_KEY": "wrong"}, status=2)
    amparo("match", pictures / "coffee.png", env={**env, "AMPARO_API_URL": "http://127.0.0.1:9"}, status=1)
    assert len(told("bank", "contents", "Demo", env=env)) == 1


def test_demo_finds_all_its_copies_and_nothing_else(tmp_path: Path) -> None:
    rows = told("demo", env={"TMPDIR": str(tmp_path)})
    assert len(rows) == 11
    assert all(row["matched"] == (0 if row["copy"] == "pictures not listed" else row["asked"]) for row in rows)
    assert not list(tmp_path.iterdir())


def test_demo_over_own_pictures(pictures: Path) -> None:
    rows = told("demo", pictures, status=3)  # one of them is no picture
    assert rows
    assert all(row["asked"] for row in rows)
    amparo("demo", pictures / "below" / "nothing", status=2)


def test_a_command_nobody_reads_from_ends_quietly(pictures: Path) -> None:
    command = [sys.executable, "-m", "amparo", "hash", *map(str, [pictures / "coffee.png"] * 200)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        until = time.monotonic() + 60
        while process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert process.returncode == 1
