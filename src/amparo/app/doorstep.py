"""What must hold before the service starts: the data folder is ours alone, its ports are free. Starts nothing."""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from amparo.errors import BadInput, Conflict, Unavailable

CHILDREN_GONE_S = 10.0
LOOK_S = 0.5  # `amparo doctor` holds the lock for a moment to see who has it
PORT_MAX = 65_535
LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def alone(run: Path) -> Iterator[int]:
    """Hold the data folder whose ``run`` folder this is; gives an open file for the children to inherit.

    While a child of an earlier run that was killed still lives, that file stays locked, and this waits for it to go.
    Raises: Conflict (already_running), Unavailable (still_stopping).
    """
    with contextlib.ExitStack() as held:
        if not _locked(held, run / "lock", LOOK_S)[1]:
            raise Conflict(
                "already_running", "another Amparo runs on this data folder", "Stop it first, or take another --data."
            )
        fd, mine = _locked(held, run / "children.lock", CHILDREN_GONE_S)
        if not mine:
            raise Unavailable(
                "still_stopping", "processes of the run before have not ended yet", "Wait a moment and try again."
            )
        yield fd


def _locked(held: contextlib.ExitStack, path: Path, wait_s: float) -> tuple[int, bool]:
    """The file at ``path``, open until ``held`` ends, and whether it could be locked within ``wait_s``."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    held.callback(os.close, fd)
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return fd, False
            time.sleep(0.1)
        else:
            return fd, True


def check_free(host: str, port: int) -> None:
    """Raises: BadInput (bad_port), Unavailable (port_taken)."""
    if not 1 <= port <= PORT_MAX:
        raise BadInput("bad_port", f"there is no port {port}", f"Ports go from 1 to {PORT_MAX}; four are counted.")
    # without SO_REUSEPORT: it fails when anybody else listens there
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                "port_taken", f"port {port} of {host} cannot be used", "Stop what uses it, or take another --port-base."
            ) from error
