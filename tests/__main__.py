"""`./amparo test [--long]`: everything that must hold. Tests nothing itself.

First what is cheap, step by step; then two lanes side by side, for most tests wait more than they work. No step begins after one failed.
What the tests need of the system is installed first (root) or asked for (requirements/debian.txt).
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.tally import Tally, read_junit

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CI_LIMIT_S = 2_400
LONG_LIMIT_S = 4 * 3_600
USAGE = "usage: ./amparo test [--long]"


@dataclass(frozen=True)
class Step:
    """command: what to run; its program is the environment's own. folders: those of tests, where the step is pytest's.

    more: further arguments of pytest. measured: which lines it runs is added to what the step "coverage" reports (pyproject.toml,
    tool.coverage).
    """

    name: str
    command: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    measured: bool = False


FIRST = (
    Step("lint", ("ruff", "check", "--no-cache", ".")),
    Step("format", ("ruff", "format", "--no-cache", "--check", ".")),
    Step("floors", ("lint-imports", "--no-cache")),
    Step("types", ("mypy",)),
    Step("docstrings", ("interrogate", "src")),
    Step("tidy, docs drift", folders=("tidy",)),
)
LANES = (
    (
        Step("unit, property, contract", folders=("unit", "property", "contract"), measured=True),
        Step("integration on SQLite", folders=("integration",), measured=True),
        Step("coverage", ("coverage", "report")),
        Step("browser", folders=("browser",)),
    ),
    (
        Step("integration on PostgreSQL", folders=("integration",), more=("--ledger=postgresql",)),
        Step("end to end", folders=("e2e",)),
        Step("fault", folders=("fault",)),
        Step("fault on PostgreSQL", folders=("fault",), more=("--ledger=postgresql",)),
        Step("wheel", folders=("wheel",)),
    ),
)
"""What is measured stands in one lane: its steps write to one file by turns. Both lanes take about as long."""
STEPS = (*FIRST, *(step for lane in LANES for step in lane))


def main(arguments: list[str]) -> int:
    """Exit status: 0 when all passed and none was skipped that must not be, 1 otherwise, 2 for a wrong argument."""
    if arguments not in ([], ["--long"]):
        print(USAGE, file=sys.stderr)
        return 2
    if not system_packages():
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what still runs ends too, as by Ctrl-C
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="amparo-test-") as scratch:
        tally = Suite(Path(scratch), is_long=bool(arguments)).tally()
    return close(tally, time.monotonic() - began)


def system_packages() -> bool:
    """Whether what requirements/debian.txt lists is there; as root the missing ones are installed."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements" / "debian.txt").read_text().splitlines())
    wanted = [line for line in lines if line]
    if shutil.which("dpkg-query") is None:
        say(f"not a Debian system: the tests need what these packages hold: {' '.join(wanted)}")
        return True
    missing = [name for name in wanted if not installed(name)]
    if not missing:
        return True
    if os.geteuid() != 0:
        say(f"the tests need Debian packages; run: sudo apt-get install --no-install-recommends {' '.join(missing)}")
        return False
    say(f"installing {' '.join(missing)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        apt = ["apt-get", "-qq", *command]
        done = subprocess.run(apt, env=env, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            say(f"{' '.join(apt)} failed:\n{done.stdout}{done.stderr}")
            return False
    return True


def installed(package: str) -> bool:
    """Debian knows it as installed."""
    query = ["dpkg-query", "-W", "-f=${db:Status-Abbrev}", package]
    done = subprocess.run(query, check=False, capture_output=True, text=True)
    return done.stdout.startswith("ii")


@dataclass
class Suite:
    """One run of all steps. scratch: where they leave what they write."""

    scratch: Path
    is_long: bool
    _is_over: threading.Event = field(default_factory=threading.Event)
    _talk: threading.Lock = field(default_factory=threading.Lock)
    _running: set["subprocess.Popen[bytes]"] = field(default_factory=set)

    def tally(self) -> Tally:
        """The sums of what ran."""
        tally = self.lane(FIRST)
        with ThreadPoolExecutor(len(LANES)) as threads:
            lanes = [threads.submit(self.lane, lane) for lane in LANES]
            try:
                return sum((lane.result() for lane in lanes), tally)
            finally:  # interrupted: what still runs is ended, or the threads would wait for it
                self._is_over.set()
                for process in tuple(self._running):
                    end(process)

    def lane(self, steps: Iterable[Step]) -> Tally:
        """One after the other, until one fails, here or in the other lane."""
        tally = Tally()
        for step in steps:
            if self._is_over.is_set():
                break
            tally += self.run(step)
            if tally.failed:
                self._is_over.set()
        return tally

    def run(self, step: Step) -> Tally:
        """Run one step; its output is shown only when it fails."""
        number = STEPS.index(step) + 1
        head = f"{number:2}/{len(STEPS)} {step.name}"
        self._tell(f"{head} ...")
        report, log = self.scratch / f"{number}.xml", self.scratch / f"{number}.log"
        command = (
            pytest_command(step, report, long=self.is_long)
            if step.folders
            else [str(BIN / step.command[0]), *step.command[1:]]
        )
        began = time.monotonic()
        with log.open("wb") as out:
            status = self._status(command, out.fileno())
        lapse = time.monotonic() - began
        tally = read_junit(report) if step.folders and report.exists() else Tally()
        if status != 0 and not tally.failed:
            tally += Tally(failed=1)  # the step itself: a check that is no test, a crash, no test found, out of time
        said = f"{tally.passed} passed, " if step.folders else ""
        told = f"{head} {'FAILED' if tally.failed else 'ok'} ({said}{lapse:.1f} s)"
        if tally.failed:
            itself = f"step {step.name!r} failed (exit {status}); by itself: {' '.join(shown(command))}"
            told = f"{told}\n{log.read_text(errors='backslashreplace')}\n{itself}"
        self._tell(told)
        return tally

    def _status(self, command: list[str], out: int) -> int:
        """Exit status; what runs longer than the limit is ended with all it started."""
        limit_s = LONG_LIMIT_S if self.is_long else CI_LIMIT_S
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "COVERAGE_FILE": str(self.scratch / "coverage")},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._running.add(process)
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.write(out, f"\nended: it ran longer than {limit_s:.0f} s\n".encode())
            return 1
        finally:
            self._running.discard(process)
            end(process)

    def _tell(self, line: str) -> None:
        with self._talk:
            print(line, flush=True)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End it with all it started, where it still runs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def pytest_command(step: Step, report: Path, *, long: bool) -> list[str]:
    """Pytest over the step's folders that are there."""
    folders = [f"tests/{name}" for name in step.folders]
    extra = [*step.more, *(["--long"] if long else [])]
    python = [sys.executable, "-m", *(("coverage", "run", "--append", "-m") if step.measured else ())]
    return [*python, "pytest", "-q", "-ra", "--maxfail=10", f"--junit-xml={report}", *extra, *folders]


def shown(command: list[str]) -> list[str]:
    """The command as one would type it."""
    return [
        str(Path(word).relative_to(ROOT)) if word.startswith(str(ROOT)) else word
        for word in command
        if "junit" not in word
    ]


def close(tally: Tally, lapse_s: float) -> int:
    """Say what was skipped and why, then the sums; the last line stands alone for whoever reads it by machine."""
    allowed = tomllib.loads((ROOT / "tests" / "skips.toml").read_text())
    unlisted = [skip for skip in tally.skips if skip.reason not in allowed]
    for skip in tally.skips:
        print(f"skipped: {skip.test}: {skip.reason}")
    if not tally.skips:
        print("skipped: none")
    refused = bool(unlisted) and bool(os.environ.get("CI"))
    if refused:
        print("CI skips none: make these run, or list the reason in tests/skips.toml")
    failed = tally.failed + (len(unlisted) if refused else 0)
    skipped = len(tally.skips) - (len(unlisted) if refused else 0)
    sums = f"{tally.passed} passed, {failed} failed, {skipped} skipped"
    print(f"{f' {sums} in {lapse_s:.1f}s ':=^80}")
    print(sums, flush=True)
    return 1 if failed or not tally.passed else 0


def say(text: str) -> None:
    """Talk, to stderr."""
    print(f"amparo: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
