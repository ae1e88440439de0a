"""Uploads to a running service, listed later, found by `amparo rescan`: here, after a kill, and by a real Dask cluster."""

import contextlib
import fcntl
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from skimage import data

from amparo.app.rooms import opened
from amparo.banks.model import BankPolicy, Listing
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal
from amparo.uploads.journal import uploads_in
from tests.e2e.running import STEP_S, Service, started, until

pytestmark = pytest.mark.enable_socket
KEEP = {"AMPARO_UPLOADS_KEEP_DAYS": "3"}
FIELDS = {"item_id", "client", "at", "uploader_ref", "bank", "content_id", "kind", "distance_bits", "threshold_bits"}


def jpeg(pixels: np.ndarray, quality: int = 90, size: tuple[int, int] | None = None) -> bytes:
    buffer = io.BytesIO()
    picture = Image.fromarray(pixels)
    (picture if size is None else picture.resize(size)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "amparo", "rescan", "--jsonl", "--data", str(folder), *words]


def rescan(folder: Path, *words: str) -> list[dict]:
    done = subprocess.run(command(folder, *words), capture_output=True, text=True, env=os.environ | KEEP, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_was_uploaded_before_it_was_listed_is_found(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2", **KEEP) as service:
        service.ready_line()
        folder = service.folder
        platform, admin = service.key("platform"), service.key("admin")
        upload_all(service, platform)
        until(lambda: lines_of(folder / "uploads") == 10, "all with an item id are in the files")
        named = httpx.get(f"{service.url}/livez").headers["amparo-worker"]
        os.kill(int(named.rpartition("-")[2]), signal.SIGKILL)  # what it wrote is there
        httpx.post(f"{service.url}/v1/banks", json={"name": "Later"}, headers=admin).raise_for_status()
        assert rescan(folder, "--bank", "Later") == []
        listed = [list_one(service, admin, jpeg(data.chelsea(), 60)), list_one(service, admin, b"no picture")]
        listed.append(list_one(service, admin, {"kind": "pdq", "value": "0f" * 32}))
        found = rescan(folder, "--bank", "Later")
        assert {frozenset(one) for one in found} == {frozenset(FIELDS)}
        told = {(one["item_id"], one["uploader_ref"], one["content_id"], one["kind"]) for one in found}
        assert told == {
            *((f"cat-{n}", f"who-{n}", listed[0], "pdq") for n in range(6)),
            ("form", "formed", listed[0], "pdq"),
            ("odd", None, listed[1], "md5"),
            ("signals", None, listed[2], "pdq"),
        }
        httpx.delete(f"{service.url}/v1/banks/Later/contents/{listed[0]}", headers=admin).raise_for_status()
        assert {one["item_id"] for one in rescan(folder, "--bank", "Later")} == {"odd", "signals"}
        url = f"http://127.0.0.1:{service.base + 3}/metrics"
        until(lambda: size_in(httpx.get(url).text) > 0, "the size of the log is told")
        metrics = httpx.get(url).text
        assert 'amparo_uploads_logged_total{outcome="logged"} 10.0' in metrics
        assert 'amparo_uploads_logged_total{outcome="no_item_id"} 1.0' in metrics
        assert service.stop() == 0
    assert list((tmp_path / "var" / "uploads").glob("*.unit"))
    with started(tmp_path, "--workers", "1") as service:  # off again: what there is goes
        service.ready_line()
        until(lambda: not list((tmp_path / "var" / "uploads").glob("*-*")), "the log is deleted")


def size_in(metrics: str) -> float:
    lines = [line for line in metrics.splitlines() if line.startswith("amparo_upload_log_bytes ")]
    return float(lines[0].split()[1]) if lines else 0.0


def lines_of(uploads: Path) -> int:
    return sum(1 for path in uploads.glob("*.open") for _ in uploads_in(path))


def upload_all(service: Service, key: dict[str, str]) -> None:
    """Six copies of one picture, one of another, one without an id, one as a form, one that is no picture, and a code."""
    url = f"{service.url}/v1/match"
    for number in range(6):
        about = {"Amparo-Item-Id": f"cat-{number}", "Amparo-Uploader-Ref": f"who-{number}"}
        body = jpeg(data.chelsea(), 50 + 8 * number, (400 + 20 * number, 270))
        assert httpx.post(url, content=body, headers=key | about).raise_for_status().json()["verdict"] == "no_match"
    httpx.post(url, content=jpeg(data.coffee()), headers=key | {"Amparo-Item-Id": "coffee"}).raise_for_status()
    httpx.post(url, content=jpeg(data.chelsea()), headers=key).raise_for_status()
    form = {"item_id": "form", "uploader_ref": "formed"}
    httpx.post(url, files={"file": jpeg(data.chelsea())}, data=form, headers=key).raise_for_status()
    assert httpx.post(url, content=b"no picture", headers=key | {"Amparo-Item-Id": "odd"}).status_code == 422
    signals = {"signals": [{"kind": "pdq", "value": "0f" * 31 + "0e"}], "item_id": "signals"}
    httpx.post(url, json=signals, headers=key).raise_for_status()


def list_one(service: Service, key: dict[str, str], what: bytes | dict[str, str]) -> int:
    url = f"{service.url}/v1/banks/Later/contents"
    if isinstance(what, dict):
        answer = httpx.post(url, json={"signals": [what]}, headers=key)
    elif what.startswith(b"\xff\xd8"):
        answer = httpx.post(url, files={"file": what}, headers=key)
    else:
        digest = {"kind": "md5", "value": hashlib.md5(what).hexdigest()}
        answer = httpx.post(url, json={"signals": [digest]}, headers=key)
    return answer.raise_for_status().json()["content_id"]


# --- many files


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict]]:
    """A data folder with 300 units of 10,000 uploads and a bank of 4,000 codes; and what a rescan says of it."""
    folder = tmp_path_factory.mktemp("many") / "var"
    random = np.random.default_rng(8)
    codes = random.integers(0, 256, (4_000, 32), dtype=np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMPARO_UPLOADS_KEEP_DAYS", "3")
        with opened(folder) as rooms:
            rooms.banks.new_bank("A", BankPolicy())
            rooms.banks.list_contents("A", "one", [Listing((Signal("pdq", code.tobytes(), 100),)) for code in codes])
            now_us = to_us(rooms.clock.now())
            for number, code in enumerate(random.integers(0, 256, (10_000, 32), dtype=np.uint8)):
                seen = codes[number // 4] if number % 4_000 == 7 else code
                signals = (Signal("pdq", seen.tobytes(), 90),)
                rooms.uploads.log("site", (f"item-{number}", None), signals, now_us + number)
            rooms.uploads.flush()
            rooms.uploads.seal(all_open=True)
            (unit,) = rooms.uploads.units()
            for number in range(1, 300):
                os.link(unit, unit.with_name(f"{now_us + number:020d}-{number:016x}.unit"))
    found = rescan(folder, "--bank", "A", "--threads", "1")
    assert len(found) == 300 * 3
    return folder, found


def lines_in(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


@contextlib.contextmanager
def running(program: list[str], **more: object) -> Iterator[subprocess.Popen]:
    """A process that is gone afterwards."""
    process = subprocess.Popen(program, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **more})
    try:
        yield process
    finally:
        process.kill()
        process.wait(STEP_S)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_ended_in_the_middle_it_goes_on_and_says_the_same(
    many: tuple[Path, list[dict]], tmp_path: Path, number: signal.Signals
) -> None:
    folder, found = many
    state = tmp_path / "state"
    words = ("--bank", "A", "--threads", "1", "--state", str(state))
    with running(command(folder, *words), stdout=subprocess.PIPE, env=os.environ | KEEP) as process:
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4_096)  # nobody reads what it says, so it waits in the middle
        until(lambda: lines_in(state) > 5, "some files are done")
        process.send_signal(number)
        process.communicate(timeout=STEP_S)
    assert process.returncode != 0
    done = lines_in(state) - 1
    assert 5 <= done < 300
    again = subprocess.run(command(folder, *words), capture_output=True, text=True, env=os.environ | KEEP, check=True)
    assert f"going on after {done} files" in again.stderr
    assert [json.loads(line) for line in again.stdout.splitlines()] == found
    assert not state.exists()


def dask(*words: str) -> list[str]:
    return [sys.executable, "-m", "dask", *words, "--no-dashboard", "--host", "127.0.0.1"]


@contextlib.contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """A scheduler's address."""
    told = folder / "scheduler.json"
    with running(dask("scheduler", "--port", "0", "--scheduler-file", str(told))):
        until(lambda: told.exists() and told.read_text().rstrip().endswith("}"), "the scheduler is there")
        yield json.loads(told.read_text())["address"]


def worker(address: str, folder: Path) -> contextlib.AbstractContextManager[subprocess.Popen]:
    more = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--local-directory", str(folder))
    return running(dask("worker", address, *more))


def test_a_cluster_says_the_same_and_survives_a_killed_worker(many: tuple[Path, list[dict]], tmp_path: Path) -> None:
    folder, found = many
    state = tmp_path / "state"
    words = ("--bank", "A", "--state", str(state), "--dask")
    with scheduler(tmp_path) as address, worker(address, tmp_path / "a") as one, worker(address, tmp_path / "b"):
        assert rescan(folder, *words, address) == found
        with running(command(folder, *words, address), stdout=subprocess.PIPE, text=True, env=os.environ | KEEP) as run:
            until(lambda: lines_in(state) > 5, "some files are done")
            one.kill()
            done = lines_in(state) - 1
            out, _ = run.communicate(timeout=2 * STEP_S)
        assert 5 <= done < 300
        assert run.returncode == 0
        assert [json.loads(line) for line in out.splitlines()] == found


FAILING = """
import operator, sys
from amparo.errors import Unavailable
from amparo.wire.cluster import cluster, shared_out
with cluster(sys.argv[1]) as client:
    try:
        list(shared_out(client, operator.truediv, ["a piece"], b"common"))  # a text by bytes: fails wherever it is tried
    except Unavailable as error:
        print(error.slug)
"""


def test_work_that_always_fails_ends_the_run(tmp_path: Path) -> None:
    with scheduler(tmp_path) as address, worker(address, tmp_path / "a"):
        program = [sys.executable, "-c", FAILING, address]
        done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=2 * STEP_S)
    assert done.stdout == "dask_failed\n", done.stderr


def test_a_cluster_that_is_not_there_or_has_no_workers_is_an_error(
    many: tuple[Path, list[dict]], tmp_path: Path
) -> None:
    folder, _ = many
    with scheduler(tmp_path) as address:
        for where, said in ((address, "has no workers"), ("tcp://127.0.0.1:9", "no Dask scheduler")):
            state = str(tmp_path / "state")
            words = command(folder, "--bank", "A", "--state", state, "--dask", where)
            done = subprocess.run(words, capture_output=True, text=True, env=os.environ | KEEP, check=False)
            assert (done.returncode, done.stdout) == (1, "")
            assert said in done.stderr
            assert "Traceback" not in done.stderr
