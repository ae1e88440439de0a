"""A running service for the tests of this folder: real processes on free ports. Asserts nothing about what it serves."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

STEP_S = 60.0


@dataclass
class Service:
    """process: the supervisor. base: its first port. log: what all processes say on stderr. environ: theirs, and its commands'."""

    process: subprocess.Popen[str]
    base: int
    folder: Path
    log: Path
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.base}"

    @property
    def portal(self) -> str:
        return f"http://127.0.0.1:{self.base + 1}"

    def ready_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, self.log.read_text()
        return line

    def command(self, *words: str) -> str:
        program = [sys.executable, "-m", "amparo", *words, "--data", str(self.folder)]
        return subprocess.run(program, capture_output=True, text=True, check=True, env=self.environ).stdout.strip()

    def key(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.command('key', 'new', f'for-{role}', '--role', role)}"}

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STEP_S)


def posted(key: str, path: str, media_type: str, body: bytes) -> bytes:
    """The bytes of a whole POST that asks for the line to be closed behind it. key: as `Service.key` has it."""
    head = [
        f"POST {path} HTTP/1.1", "Host: a", "Connection: close", f"Authorization: {key}",
        f"Content-Type: {media_type}", f"Content-Length: {len(body)}",
    ]  # fmt: skip
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def free_ports() -> int:
    """A base whose four ports are free. Processes that test side by side begin to look at different places."""
    for base in range(20_000 + os.getpid() % 2_000 * 10, 60_000, 10):
        with contextlib.ExitStack() as held:
            try:
                for port in (base, base + 1, base + 2, base + 3):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise AssertionError("no free port")


def ready(base: int) -> str:
    """What the service prints when all of its doors answer (contract §1)."""
    return f"ready api=http://localhost:{base} portal=http://localhost:{base + 1} console=http://localhost:{base + 2}"


def run_command(folder: Path, base: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "amparo", "run", "--data", str(folder), "--port-base", str(base), *more]


@contextlib.contextmanager
def started(folder: Path, *more: str, base: int | None = None, **environ: str) -> Iterator[Service]:
    """`amparo run` over ``folder/var``, perhaps not ready yet; whatever is left of it is ended behind."""
    base = base or free_ports()
    log = folder / "log"
    with log.open("ab") as err:
        process = subprocess.Popen(
            run_command(folder / "var", base, *more),
            stdout=subprocess.PIPE, stderr=err, text=True, env={**os.environ, **environ},
        )  # fmt: skip
    service = Service(process, base, folder / "var", log, {**os.environ, **environ})
    try:
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(STEP_S)
        finally:
            for pid in family(service.folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert process.stdout is not None
            process.stdout.close()


def family(folder: Path) -> dict[int, str]:
    """The processes that serve ``folder``, supervisor or not: their command line by pid."""
    found = {}
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = place.read_bytes().decode(errors="replace").split("\0")
            if str(folder) in words and state(int(place.parent.name)) not in ("", "Z"):
                found[int(place.parent.name)] = " ".join(words)
    return found


def state(pid: int) -> str:
    """The letter the kernel gives a process, "" when there is none; Z is one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def until(holds: Callable[[], bool], what: str, limit_s: float = STEP_S) -> None:
    """Wait for ``holds``."""
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, f"not in {limit_s:.0f} s: {what}"
        time.sleep(0.05)
