"""`./amparo test [--long]`: everything that must hold, cheapest first, ends at the first step that fails. Tests nothing itself.

What the tests need of the system is installed first (root) or asked for (requirements/debian.txt).
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
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


STEPS = (
    Step("lint", ("ruff", "check", "--no-cache", ".")),
    Step("format", ("ruff", "format", "--no-cache", "--check", ".")),
    Step("floors", ("lint-imports", "--no-cache")),
    Step("types", ("mypy",)),
    Step("docstrings", ("interrogate", "src")),
    Step("tidy, docs drift", folders=("tidy",)),
    Step("unit, property, contract", folders=("unit", "property", "contract"), measured=True),
    Step("integration on SQLite", folders=("integration",), measured=True),
    Step("coverage", ("coverage", "report")),
    Step("integration on PostgreSQL", folders=("integration",), more=("--ledger=postgresql",)),
    Step("fault", folders=("fault",)),
    Step("fault on PostgreSQL", folders=("fault",), more=("--ledger=postgresql",)),
    Step("wheel", folders=("wheel",)),
    Step("end to end", folders=("e2e",)),
    Step("browser", folders=("browser",)),
)


def main(arguments: list[str]) -> int:
    """Exit status: 0 when all passed and none was skipped that must not be, 1 otherwise, 2 for a wrong argument."""
    if arguments not in ([], ["--long"]):
        print(USAGE, file=sys.stderr)
        return 2
    if not system_packages():
        return 1
    began = time.monotonic()
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="amparo-test-") as scratch:
        for number, step in enumerate(STEPS, 1):
            done = run(step, number, Path(scratch), long=bool(arguments))
            tally += done
            if done.failed:
                break
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


def run(step: Step, number: int, scratch: Path, *, long: bool) -> Tally:
    """Run one step; its output is shown only when it fails."""
    print(f"{number:2}/{len(STEPS)} {step.name} ", end="", flush=True)
    report, log = scratch / f"{number}.xml", scratch / f"{number}.log"
    command = (
        pytest_command(step, report, long=long) if step.folders else [str(BIN / step.command[0]), *step.command[1:]]
    )
    began = time.monotonic()
    with log.open("wb") as out:
        env = {**os.environ, "COVERAGE_FILE": str(scratch / "coverage")}
        status = wait(command, env, out.fileno(), LONG_LIMIT_S if long else CI_LIMIT_S)
    lapse = time.monotonic() - began
    tally = read_junit(report) if step.folders and report.exists() else Tally()
    if status != 0 and not tally.failed:
        tally += Tally(failed=1)  # the step itself: a check that is no test, a crash, no test found, out of time
    said = f"{tally.passed} passed, " if step.folders else ""
    print(f"{'FAILED' if tally.failed else 'ok'} ({said}{lapse:.1f} s)", flush=True)
    if tally.failed:
        sys.stdout.flush()
        sys.stdout.buffer.write(log.read_bytes())
        print(f"\nstep {step.name!r} failed (exit {status}); by itself: {' '.join(shown(command))}", flush=True)
    return tally


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


def wait(command: list[str], env: dict[str, str], out: int, limit_s: float) -> int:
    """Exit status; what runs longer than ``limit_s`` is ended with all it started."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        os.write(out, f"\nended: it ran longer than {limit_s:.0f} s\n".encode())
        return 1
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


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
