"""The supervisor: killed, its workers killed, started twice, started badly, stopped while it starts."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.e2e.running import family, free_ports, ready, run_command, started, state, until

pytestmark = pytest.mark.enable_socket


def refused(folder: Path, base: int, *more: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A run that must end by itself."""
    return subprocess.run(
        run_command(folder, base, *more), capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, **environ},
    )  # fmt: skip


def decoders_of(pids: dict[int, str]) -> set[int]:
    """Processes whose parent is among ``pids``."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(place.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent in pids:
            found.add(int(place.parent.name))
    return found


def test_a_killed_supervisor_leaves_nobody_and_the_next_run_starts_at_once(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as service:
        assert service.ready_line() == ready(service.base)
        key = service.key("admin")
        httpx.post(f"{service.url}/v1/match", content=b"no picture", headers=key)  # one decoder, at least, is there
        everyone = family(service.folder)
        everyone_below = set(everyone) | decoders_of(everyone)
        assert len(everyone) == 6
        assert everyone_below > set(everyone)
        service.process.kill()
        service.process.wait()
        with started(tmp_path, "--workers", "2", base=service.base) as second:
            assert second.ready_line() == ready(service.base)
            until(lambda: not [pid for pid in everyone_below if state(pid) not in ("", "Z")], "the old ones are gone")
            assert httpx.get(f"{second.url}/readyz").status_code == 200
            assert second.stop() == 0


def test_a_clean_stop_leaves_no_word_and_a_kill_does(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "1") as service:
        service.ready_line()
        assert service.stop() == 0
    assert "not stopped" not in service.command("doctor")
    with started(tmp_path, "--workers", "1") as service:
        service.ready_line()
        service.process.kill()
        service.process.wait()
        until(lambda: not family(service.folder), "its children are gone")
        assert "not stopped" in service.command("doctor")


def named(folder: Path, word: str) -> set[int]:
    return {pid for pid, line in family(folder).items() if word in line}


@pytest.mark.parametrize("word", ["amparo.app.api", "amparo.app.portal", "amparo.app.console", "amparo.app.worker"])
def test_a_killed_process_is_replaced_and_its_end_is_logged(tmp_path: Path, word: str) -> None:
    with started(tmp_path, "--workers", "2") as service:
        service.ready_line()
        before = named(service.folder, word)
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(new := named(service.folder, word)) == len(before) and victim not in new, "another one runs")
        said = [json.loads(line) for line in service.log.read_text().splitlines() if '"child ended"' in line]
        assert [(one["pid"], one["signal"]) for one in said] == [(victim, "SIGKILL")]
        assert httpx.get(f"{service.url}/readyz").status_code == 200
        assert service.stop() == 0
        assert not family(service.folder)


def test_a_worker_killed_by_anybody_costs_at_most_the_requests_it_had(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as service:
        service.ready_line()
        victim = min(pid for pid, line in family(service.folder).items() if "amparo.app.api" in line)
        os.kill(victim, signal.SIGKILL)
        until(lambda: '"child ended"' in service.log.read_text(), "all its threads have ended")
        for _ in range(50):  # its listening socket is gone with it: no connection is lost behind it
            assert httpx.get(f"{service.url}/livez").status_code == 200


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "1") as service:
        service.ready_line()
        done = refused(service.folder, free_ports())
        assert (done.returncode, done.stdout) == (2, "")
        assert "another Amparo runs on this data folder" in done.stderr
        assert httpx.get(f"{service.url}/readyz").status_code == 200


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_a_port_in_use_is_named(tmp_path: Path, offset: int) -> None:
    base = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + offset))
        taken.listen()
        done = refused(tmp_path / "var", base)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"port {base + offset} of 127.0.0.1 cannot be used" in done.stderr
    assert not family(tmp_path / "var")


@pytest.mark.parametrize("words", [("--workers", "-1"), ("--workers", "1000"), ("--port-base", "65533")])
def test_numbers_that_cannot_be_are_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = refused(tmp_path / "var", free_ports(), *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_what_a_worker_cannot_start_with_is_said_at_once(tmp_path: Path) -> None:
    done = refused(tmp_path / "var", free_ports(), AMPARO_API_IN_FLIGHT_MAX="0")
    assert done.returncode == 2
    assert "AMPARO_API_IN_FLIGHT_MAX must be a number from 1" in done.stderr


def test_a_worker_that_finds_its_folder_damaged_ends_the_start_with_the_cause(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "1") as service:
        until(lambda: len(family(service.folder)) == 5, "its children are started")
        # The supervisor has read the settings; the children, who read them again, find a file it did not see.
        (service.folder / "amparo.toml").write_text("[api]\nno_such_key = 1\n")
        for pid, line in family(service.folder).items():
            if "amparo.app.api" in line:
                os.kill(pid, signal.SIGKILL)
        status = service.process.wait(60)
        said = service.log.read_text()
        assert status == 2
        assert "there is no setting 'api.no_such_key'" in said
        assert not family(service.folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("processes", [1, 2, 3, 4, 5])
def test_a_stop_while_it_starts_is_a_clean_stop(tmp_path: Path, number: signal.Signals, processes: int) -> None:
    with started(tmp_path, "--workers", "1") as service:
        until((service.folder / "run" / "lock").exists, "it has begun")
        until(lambda: len(family(service.folder)) >= processes, "so many of its processes are there")
        service.process.send_signal(number)
        assert service.process.wait(60) == 0
        assert not family(service.folder)
        assert service.process.stdout.read() in ("", f"{ready(service.base)}\n")


def test_the_ready_line_stands_alone_on_stdout_and_names_a_host_one_can_open(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "1", "--host", "0.0.0.0") as service:
        assert service.ready_line() == ready(service.base)
        assert httpx.get(f"{service.url}/readyz").status_code == 200
        assert service.stop(signal.SIGINT) == 0
        assert service.process.stdout.read() == ""
