"""Stopping when something does not want to: requests half sent, a process that hangs, a child that ignores its parent's end."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.running import family, run_command, started, state, until

pytestmark = pytest.mark.enable_socket

STUBBORN = """
import signal, sys, time
from amparo.app import lifeline
lifeline.GRACE_S = 0.3
signal.signal(signal.SIGTERM, signal.SIG_IGN)
lifeline.die_with_parent(int(sys.argv[1]))
print("here", flush=True)
time.sleep(600)
"""


def test_requests_half_sent_do_not_hold_up_a_stop_and_are_told_why(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "1") as service:
        service.ready_line()
        key = service.key("admin")["Authorization"].encode()
        with socket.create_connection(("127.0.0.1", service.base), timeout=60) as line:
            line.sendall(b"POST /v1/match HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 99\r\n")
            line.sendall(b"Authorization: " + key + b"\r\n\r\nabc")
            until(lambda: httpx.get(f"{service.url}/livez").status_code == 200, "it is in")
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait(60) == 0
            told = line.recv(65_536)
        assert told.startswith(b"HTTP/1.1 503 ")
        assert b'"slug":"stopping"' in told
        assert not family(service.folder)


def test_what_was_counted_last_is_written_out(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "1") as service:
        service.ready_line()
        key = service.key("admin")
        sent = {"signals": [{"kind": "pdq", "value": "5a" * 32}]}
        for _ in range(5):
            assert httpx.post(f"{service.url}/v1/match", json=sent, headers=key).json()["verdict"] == "no_match"
        assert service.stop() == 0
        with sqlite3.connect(service.folder / "ledger.sqlite") as ledger:
            (counted,) = ledger.execute("SELECT sum(number) FROM match_count").fetchone()
        ledger.close()
        assert counted == 5


def test_a_process_that_hangs_is_killed_in_time(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "1") as service:
        service.ready_line()
        hung = next(pid for pid, line in family(service.folder).items() if "amparo.app.api" in line)
        os.kill(hung, signal.SIGSTOP)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
        assert "child killed" in service.log.read_text()
        assert not family(service.folder)


def test_a_run_does_not_start_beside_what_is_left_of_another(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "1") as service:
        service.ready_line()
        hung = next(pid for pid, line in family(service.folder).items() if "amparo.app.worker" in line)
        os.kill(hung, signal.SIGSTOP)
        service.process.kill()
        service.process.wait()
        again = run_command(service.folder, service.base, "--workers", "1")
        done = subprocess.run(again, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "have not ended yet" in done.stderr
        os.kill(hung, signal.SIGCONT)
        until(lambda: state(hung) in ("", "Z"), "it ends by itself once it can")


def test_a_child_that_ignores_its_parents_end_is_killed(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    command = [sys.executable, "-c", STUBBORN, str(reader)]
    with subprocess.Popen(command, pass_fds=(reader,), stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        os.close(reader)
        os.close(writer)
        assert child.wait(60) == -signal.SIGKILL
