"""`amparo run`: starts the API workers, the portal, the console and the background worker, keeps them running, stops them cleanly. Serves nothing itself."""

import asyncio
import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from amparo.app.children import Child, Inheritance, start_if_down, stop
from amparo.app.doorstep import LOOPBACK, alone, check_free
from amparo.app.intake import prepare_intake
from amparo.app.logs import log_to_stderr
from amparo.app.rooms import open_rooms, settings_of
from amparo.app.settings import Settings, child_environment
from amparo.app.staff import console_secret, desk_keys, invite_first
from amparo.app.word import Word, place_of
from amparo.errors import AmparoError, BadInput, Misconfigured, Tampered, Unavailable
from amparo.store.durable import make_private_folder
from amparo.wire import WireSettings, server_client

READY_S = 60.0
PORTAL_PORT, CONSOLE_PORT, METRICS_PORT = 1, 2, 3  # after the first
NOBODYS = frozenset({"AMPARO_DESK_PASSPHRASE"})  # only the first start and commands want it
NO_API = NOBODYS | {"AMPARO_INTAKE_DATABASE_URL", "AMPARO_INTAKE_PEPPER", "AMPARO_CONSOLE_KEY"}
NO_PORTAL = NOBODYS | {
    "AMPARO_DATABASE_URL",
    "AMPARO_WITHDRAWALS_KEY",
    "AMPARO_WITHDRAWALS_FILE",
    "AMPARO_API_URL",
    "AMPARO_API_KEY",
    "AMPARO_CONSOLE_KEY",
    "AMPARO_WEBHOOKS_KEY",
}
NO_CONSOLE = NOBODYS | {"AMPARO_INTAKE_DATABASE_URL", "AMPARO_API_URL", "AMPARO_API_KEY"}
NO_WORKER = NOBODYS | {"AMPARO_INTAKE_PEPPER", "AMPARO_CONSOLE_KEY"}
WORKERS_MAX = 512
SAID = {"127.0.0.1": "localhost", "::1": "localhost", "0.0.0.0": "localhost", "::": "localhost"}  # noqa: S104 - told, not bound
ASKED = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - where one asks what listens everywhere
PATIENCE = WireSettings(connect_ms_max=1_000, silence_ms_max=2_000, call_ms_max=2_000)
HOPELESS: Mapping[str, type[AmparoError]] = {cls.__name__: cls for cls in (Misconfigured, Tampered)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. port_base: the API's port, the others count from it. workers: 0 is one a core."""

    data: Path | None
    host: str = LOOPBACK
    port_base: int = 8800
    workers: int = 0


class _Stopped(BaseException):
    """A signal to stop, before there was anything to stop."""


def run(plan: Plan) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises: BadInput (bad_port, bad_workers), Conflict (already_running), Unavailable (port_taken, still_stopping,
    not_ready), those of open_rooms, and what a worker says when it cannot start.
    """
    with contextlib.suppress(_Stopped), _signals(_raise_stopped):
        if not 0 <= plan.workers <= WORKERS_MAX:
            raise BadInput(
                "bad_workers", f"{plan.workers} workers cannot be", f"From 1 to {WORKERS_MAX}; 0: one a core."
            )
        log_to_stderr()
        settings = settings_of(plan.data)
        data = settings.deployment.data_dir.absolute()
        make_private_folder(data / "run")
        with alone(data / "run") as inherited:
            check_free(plan.host, plan.port_base)
            check_free(plan.host, plan.port_base + PORTAL_PORT)
            check_free(plan.host, plan.port_base + CONSOLE_PORT)
            check_free(LOOPBACK, plan.port_base + METRICS_PORT)
            _prepare(settings, data, plan.port_base + CONSOLE_PORT)
            _serve(plan, data, inherited)


def _prepare(settings: Settings, data: Path, console_port: int) -> None:
    """Bring the data folder to this version once, before many processes open it; counters begin anew; invite the first of the staff."""
    with contextlib.closing(open_rooms(settings)) as rooms:
        console_secret(rooms)
        keys = prepare_intake(settings) or desk_keys(settings)
        invite_first(rooms, console_port, keys)
    words = [
        one
        for name in ("api-*.json", "worker.json", "portal.json", "console.json")
        for one in (data / "run").glob(name)
    ]
    for old in (*words, *(data / "run" / "metrics").glob("*.db")):
        old.unlink(missing_ok=True)


def _serve(plan: Plan, data: Path, inherited: int) -> None:
    stop_reader, stop_writer = os.pipe()
    watch_reader, watch_writer = os.pipe()  # children see its end when this process is gone
    children = _children(plan, data, watch_reader)
    given = Inheritance(child_environment(data), (watch_reader, inherited), data / "run" / "metrics")
    try:
        with _signals(lambda _number, _frame: os.write(stop_writer, b".")):
            try:
                _keep_running(plan, children, given, stop_reader)
            finally:
                os.close(watch_writer)
                stop(children)
                for child in children:
                    if (
                        child.is_ready()
                    ):  # a word left behind tells `amparo doctor` of a kill, or of why it did not start
                        child.word.unlink(missing_ok=True)
    finally:
        for fd in (stop_reader, stop_writer, watch_reader):
            os.close(fd)


def _children(plan: Plan, data: Path, watch_fd: int) -> list[Child]:
    number_of_workers = plan.workers or os.cpu_count() or 1
    common = ["--data", str(data), "--watch-fd", str(watch_fd)]
    children = []
    for number in range(number_of_workers):
        own = ["--host", plan.host, "--port", str(plan.port_base), "--number", str(number)]
        command = [sys.executable, "-m", "amparo.app.api", *common, *own, "--workers", str(number_of_workers)]
        children.append(Child(f"api-{number}", command, place_of(data, f"api-{number}"), withheld=NO_API))
    for name, port, withheld in (("portal", PORTAL_PORT, NO_PORTAL), ("console", CONSOLE_PORT, NO_CONSOLE)):
        own = ["--host", plan.host, "--port", str(plan.port_base + port)]
        command = [sys.executable, "-m", f"amparo.app.{name}", *common, *own]
        children.append(Child(name, command, place_of(data, name), withheld=withheld))
    metrics = ["--metrics-port", str(plan.port_base + METRICS_PORT)]
    command = [sys.executable, "-m", "amparo.app.worker", *common, *metrics]
    return [*children, Child("worker", command, place_of(data, "worker"), withheld=NO_WORKER)]


def _keep_running(plan: Plan, children: Sequence[Child], given: Inheritance, stop_fd: int) -> None:
    until, told = time.monotonic() + READY_S, False
    while True:
        for child in children:
            failed = start_if_down(child, given)
            if failed is not None and not told:
                _give_up_if_hopeless(failed)
        if not told:
            if all(child.is_ready() for child in children) and _answers(plan):
                _say_ready(plan)
                told = True
            elif time.monotonic() > until:
                late = ", ".join(child.name for child in children if not child.is_ready()) or "the API"
                raise Unavailable("not_ready", f"{late} did not get ready in a minute", "Read the lines above.")
        if select.select([stop_fd], [], [], 0.1)[0]:
            return


def _give_up_if_hopeless(failed: Word) -> None:
    """Before the service was ever ready, an error no restart can mend is final. Raises: the error that the worker told."""
    cls = HOPELESS.get(failed.error)
    if cls is not None:
        raise cls(failed.slug, failed.text, failed.hint)


def _answers(plan: Plan) -> bool:
    """Whether the API answers that it is ready, over a real connection."""

    async def ask() -> None:
        """One question."""
        host = ASKED.get(plan.host, plan.host)
        address = f"http://[{host}]:{plan.port_base}" if ":" in host else f"http://{host}:{plan.port_base}"
        async with server_client(address, settings=PATIENCE) as server:
            await server.request("GET", "/readyz")

    try:
        asyncio.run(ask())
    except AmparoError:
        return False
    return True


def _say_ready(plan: Plan) -> None:
    host = SAID.get(plan.host, f"[{plan.host}]" if ":" in plan.host else plan.host)
    ports = {"api": 0, "portal": PORTAL_PORT, "console": CONSOLE_PORT}
    told = " ".join(f"{name}=http://{host}:{plan.port_base + port}" for name, port in ports.items())
    line = f"ready {told}\n"  # alone on stdout: programs wait for it
    with contextlib.suppress(OSError):  # nobody reads it; the service is there all the same
        os.write(sys.stdout.fileno(), line.encode())


def _raise_stopped(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


@contextlib.contextmanager
def _signals(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """SIGINT and SIGTERM go to ``handler``."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
