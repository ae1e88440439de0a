"""What the doctor finds of the running service: its processes, whether their indexes hold what the ledger holds. Asks nobody."""

import contextlib
import fcntl
import ipaddress
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from amparo.app.doctor.ledger import opened
from amparo.app.doctor.model import Finding, Installation
from amparo.banks.feed import counts_by_kind
from amparo.errors import AmparoError, BadInput
from amparo.match.lookup import Lookup
from amparo.match.snapshots import Snapshots
from amparo.store.db import Database

FOLLOW_S = 6.0
PAGES_HINT = "What is typed there travels in the clear: put a proxy that speaks TLS before it, listen on localhost (docs/operate.md)."
TLS_HINT = "Keys travel in the clear: put a proxy that speaks TLS before it, listen on localhost (docs/operate.md)."


def processes(installation: Installation) -> Iterator[Finding]:
    """Whether the service runs, and whether words of dead workers lie about."""
    words, supervised = words_of(installation), _is_locked(installation, "lock")
    alive = [word for word in words if _is_alive(installation, word)]
    if supervised and not alive:
        yield Finding(
            "service", "warn", "the service runs, but no API worker is ready", "It starts, or its log says why not."
        )
    elif supervised:
        yield Finding("service", "ok", f"the service runs with {len(alive)} API workers that are ready")
        for name, what in (("portal", "the portal"), ("console", "the console"), ("worker", "the background worker")):
            if not _others(installation, name):
                yield Finding(name, "warn", f"{what} is not ready", "It starts, or its log says why not.")
    elif alive:
        yield Finding("service", "bad", f"{len(alive)} API workers run without `amparo run`", "End them, then start the service.")  # fmt: skip
    else:
        yield Finding("service", "ok", "the service does not run")
    for name, word in _failed(installation):
        yield Finding("failed", "bad", f"{name} could not start: {word.get('text', '')}", str(word.get("hint", "")))
    if len(words) > len(alive) and not supervised:
        yield Finding("stale_words", "warn", "the service was killed, not stopped, when it last ran", "Nothing is lost; the next start clears it.")  # fmt: skip


def plain_http(installation: Installation) -> Iterator[Finding]:
    """No plain HTTP off this machine."""
    words = [("the API", word) for word in words_of(installation) if _is_alive(installation, word)]
    words += [(f"the {name}", word) for name in ("portal", "console") for word in _others(installation, name)]
    told = {(name, str(word["host"])) for name, word in words if "host" in word}
    far = sorted((name, host) for name, host in told if not _is_local(host))
    for name, host in far:
        hint = TLS_HINT if name == "the API" else PAGES_HINT
        yield Finding("plain_http", "warn", f"{name} listens on {host} without TLS", hint)
    url = urlsplit(installation.settings.deployment.api_url)
    if url.scheme == "http" and not _is_local(url.hostname or ""):
        yield Finding("plain_http", "warn", "AMPARO_API_URL is http:// to another machine", "Use https://: the key would travel in the clear.")  # fmt: skip
    elif not far:
        yield Finding("plain_http", "ok", "no plain HTTP off this machine")


def _others(installation: Installation, name: str) -> list[dict[str, Any]]:
    """The word of that process of the service while it lives and is ready."""
    found = [word for _, word in _read(installation, f"{name}.json")]
    return [one for one in found if one.get("state") == "ready" and "pid" in one and _is_alive(installation, one)]


def index_and_database(installation: Installation) -> Iterator[Finding]:
    """An index built anew from the ledger holds every row of it, and every worker's index is the same."""
    with contextlib.closing(opened(installation)) as db, contextlib.closing(Lookup(db)) as afresh:
        try:
            yield _all_rows(db, afresh)
            yield from _same_in_workers(installation, afresh)
        except (ValueError, BadInput):
            yield Finding("index", "bad", "the database holds signals of a wrong length", "Restore the last backup.", is_damage=True)  # fmt: skip


def snapshots(installation: Installation) -> Iterator[Finding]:
    """Each snapshot of the index is whole, and a worker that starts from the newest knows what the ledger holds."""
    db = opened(installation)
    kept = Snapshots(db, installation.data / "index", installation.clock)
    try:
        found = kept.found()
        damaged = 0
        for one in found:
            try:
                kept.opened(one)
            except AmparoError:
                damaged += 1
        if damaged:
            yield Finding("snapshots", "warn", f"{damaged} snapshots of the index are damaged", "Nothing is lost: they are not used. Delete the folder `index`, it is made anew; look at the disk.")  # fmt: skip
        elif not found:
            yield Finding("snapshots", "ok", "no snapshot of the index yet; workers start from the database")
        elif _is_same(db, kept):
            yield Finding("snapshots", "ok", f"{len(found)} snapshots of the index, whole; the newest leads to what the database holds")  # fmt: skip
        else:
            yield Finding("snapshots", "bad", "the newest snapshot of the index does not lead to what the database holds", "Stop, delete the folder `index`, start.", is_damage=True)  # fmt: skip
    except (ValueError, BadInput):
        return  # signals of a wrong length: the check before this one says so
    finally:
        db.close()


def _is_same(db: Database, kept: Snapshots) -> bool:
    """Whether who starts from the newest snapshot, and who reads the ledger alone, hold the same at one generation; taken for so
    where the database is written all the time.
    """
    until = time.monotonic() + FOLLOW_S
    with contextlib.closing(Lookup(db, snapshots=kept)) as started, contextlib.closing(Lookup(db)) as afresh:
        while started.refresh()[0] != afresh.refresh()[0]:
            if time.monotonic() > until:
                return True
        return started.figures() == afresh.figures()


def _all_rows(db: Database, afresh: Lookup) -> Finding:
    until = time.monotonic() + FOLLOW_S
    while True:
        before, _ = afresh.refresh()
        counted = counts_by_kind(db)
        if afresh.refresh()[0] == before:
            break
        if time.monotonic() > until:
            return Finding("index", "ok", "the database is written all the time: its rows were not counted")
    kinds: Any = afresh.figures()["kinds"]
    held = {name: told["count"] for name, told in kinds.items() if told["count"]}
    if held != counted:
        return Finding("index", "bad", "an index built anew does not hold every signal of the database", "Restore the last backup.", is_damage=True)  # fmt: skip
    return Finding("index", "ok", f"an index built anew holds all {sum(held.values())} signals of the database")


def _same_in_workers(installation: Installation, afresh: Lookup) -> Iterator[Finding]:
    words = words_of(installation)
    alive = {number for number, word in enumerate(words) if _is_alive(installation, word)}
    ours: dict[object, object] = {}
    same: dict[int, bool] = {}
    until = time.monotonic() + FOLLOW_S
    while True:
        afresh.refresh()
        figures = afresh.figures()
        ours[figures["generation"]] = figures["kinds"]
        for number, word in enumerate(words):
            if word["generation"] in ours:
                same.setdefault(number, word["kinds"] == ours[word["generation"]])
        if alive <= same.keys() or time.monotonic() > until:
            break
        time.sleep(0.02)
        fresh = words_of(installation)
        words = fresh if len(fresh) == len(words) else words
    wrong = sum(not one for one in same.values())
    if wrong:
        yield Finding("workers", "bad", f"{wrong} API workers hold another index than the database says", "Restart the service; if it stays, restore.", is_damage=True)  # fmt: skip
    elif alive - same.keys():
        yield Finding("workers", "warn", f"{len(alive - same.keys())} API workers follow too slowly to compare", "Run it again when less is listed.")  # fmt: skip
    elif same:
        yield Finding("workers", "ok", f"{len(same)} API workers hold what the database says (generation {max(map(int, map(str, ours)))})")  # fmt: skip


def words_of(installation: Installation) -> list[dict[str, Any]]:
    """What the API workers last said of themselves, in order of their numbers; unreadable ones are left out."""
    words = [word for _, word in _read(installation, "api-*.json")]
    return [w for w in words if {"pid", "generation", "kinds"} <= w.keys() and isinstance(w["generation"], int)]


def _failed(installation: Installation) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, word) for name, word in _read(installation, "*.json") if word.get("state") == "failed")


def _read(installation: Installation, pattern: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((installation.data / "run").glob(pattern)):
        with contextlib.suppress(OSError, msgspec.MsgspecError):  # gone, or not a word
            yield path.stem, msgspec.json.decode(path.read_bytes(), type=dict[str, Any])


def _is_alive(installation: Installation, word: dict[str, Any]) -> bool:
    """Whether the process that left it lives. Its number alone does not say so: it may be another's by now, or a zombie's."""
    if not _is_locked(installation, "children.lock"):  # every process of the service keeps it
        return False
    try:
        os.kill(int(word["pid"]), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _is_locked(installation: Installation, name: str) -> bool:
    try:
        fd = os.open(installation.data / "run" / name, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
