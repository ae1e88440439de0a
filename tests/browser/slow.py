"""Holds a running browser to a share of one core, as a cheap phone is slow; DevTools' own throttling leaves workers out.

By a quota of a control group (cgroup v1 or v2), so as root. Moved in when the page has loaded: the quota is for all processes of
the browser together, and starting is not what is measured. WebKitGTK's real-time threads cannot be moved.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.browser.page import Engine

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
EMPTY_S = 5.0


@dataclass(frozen=True)
class Hierarchy:
    """top: the group that the browser's processes come back to. is_v2: of its file names."""

    top: Path
    is_v2: bool

    def hold(self, group: Path, percent: float) -> None:
        """Set the quota of a group."""
        quota_us = round(PERIOD_US * percent / 100)
        if self.is_v2:
            (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))


def why_not() -> str:
    """Why no browser can be slowed down here; empty where one can."""
    if os.geteuid() != 0:
        return "slowing a browser down takes root, for a control group"
    here = hierarchy()
    if here is None:
        return "there is no control group of processors here (cgroup v1 cpu, or v2)"
    try:
        with group_of(here, 50):
            return ""
    except OSError as error:
        return f"a control group of processors cannot be made here: {error.strerror}"


def hierarchy() -> Hierarchy | None:
    """Where this process stands among the control groups of processors, and by which version."""
    lines = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    for controllers, path in lines.items():
        if "cpu" in controllers.split(","):
            mounted = ROOT / "cpu" if (ROOT / "cpu").exists() else ROOT / controllers
            return within(mounted, path, is_v2=False)
    if "" in lines and (ROOT / "cgroup.controllers").exists():
        return within(ROOT, lines[""], is_v2=True)
    return None


def within(mounted: Path, path: str, *, is_v2: bool) -> Hierarchy | None:
    """A container may see its own group as the top of all."""
    own = mounted / path.lstrip("/")
    top = own if own.is_dir() else mounted
    return Hierarchy(top, is_v2) if (top / "cgroup.procs").exists() else None


@contextlib.contextmanager
def group_of(here: Hierarchy, percent: float) -> Iterator[Path]:
    """A group with the quota, empty; in v2 beside this process's own, since a group that has processes gives none to its children."""
    parent = here.top.parent if here.is_v2 and here.top != ROOT else here.top
    if here.is_v2:
        with contextlib.suppress(OSError):  # it may be on already, and not ours to turn on
            (parent / "cgroup.subtree_control").write_text("+cpu")
    group = parent / f"amparo-slow-{os.getpid()}"
    group.mkdir()
    try:
        here.hold(group, percent)
        yield group
    finally:
        remove(group)


def remove(group: Path) -> None:
    """As soon as the kernel has noticed that nobody is in it."""
    end = time.monotonic() + EMPTY_S
    while True:
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def slow(engine: Engine, percent: float) -> Iterator[Path]:
    """Hold all processes of a browser, those it starts meanwhile too, to ``percent`` of one core together; the group they are in.

    Raises OSError where a thread of it cannot be moved.
    """
    here = hierarchy()
    assert here is not None, why_not()
    with group_of(here, percent) as group:
        try:
            for pid in engine.pids():
                move(pid, group)
            yield group
        finally:
            for pid in (group / "cgroup.procs").read_text().split():
                move(int(pid), here.top)


def move(pid: int, group: Path) -> None:
    with contextlib.suppress(ProcessLookupError):
        (group / "cgroup.procs").write_text(str(pid))
