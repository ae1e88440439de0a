"""One run of `amparo rescan`: units shared out to threads or to a cluster, what met kept till the end, judged in order.
Prints nothing.

Kept between runs (`run/rescans/`): which uploads of which unit met something, by their numbers; no hash, no item id. Each
is judged when it is told, so an interrupted run goes on where it was and still says what holds now.
"""

import contextlib
import fcntl
import io
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import msgspec

from amparo.errors import AmparoError, Conflict, Misconfigured, NotFound, Tampered, TooLarge
from amparo.match.rescan import Rescan, Retro
from amparo.store.durable import file_error
from amparo.terms.clock import Clock, to_us
from amparo.uploads.scan import Met, met_in, scan_unit
from amparo.uploads.unit import Unit

Share = Callable[[Sequence[str], bytes], Iterator[tuple[int, bytes]]]


class Asked(msgspec.Struct, frozen=True):
    """What a run is about: two runs of the same go on with each other's work. radius_bits: by kind."""

    bank_id: int
    radius_bits: dict[str, int]
    since_us: int
    listed_since_us: int


@dataclass(frozen=True, slots=True)
class Read:
    """What came of one unit: what met, or why it could not be read."""

    path: Path
    found: Iterator[Retro]
    error: AmparoError | None = None


class Kept:
    """The state of a run, in a file that is gone once all is told. A half-written last line counts for nothing."""

    def __init__(self, path: Path, asked: Asked, *, restart: bool) -> None:
        """Raises: Conflict (rescan_runs), Misconfigured (file_refused)."""
        self._path = path
        try:
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        except OSError as error:
            raise file_error(error, "the state of the rescan") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise Conflict(
                "rescan_runs", "another rescan of this kind runs", "Wait for it, or give --state."
            ) from error
        self.asked = asked
        self.last_id: int | None = None
        self.met: dict[str, Met] = {}
        end = 0 if restart else self._read()
        self._file.truncate(end)
        self._file.seek(0, io.SEEK_END)

    def begin(self, last_id: int) -> None:
        """Begin anew, over signals up to this one."""
        self.last_id = last_id
        self._file.truncate(0)
        self._file.seek(0)
        self._line((self.asked, last_id))

    def keep(self, name: str, met: Met) -> None:
        """What came of a unit."""
        self._line((name, met))

    def done(self) -> None:
        """All is told: nothing need be kept."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _line(self, told: tuple[object, object]) -> None:
        self._file.write(msgspec.json.encode(told) + b"\n")
        self._file.flush()

    def _read(self) -> int:
        """Take in what an earlier run of the same left; the length of what is of use."""
        end = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                if end == 0:
                    asked, self.last_id = msgspec.json.decode(line, type=tuple[Asked, int])
                    if asked != self.asked:
                        self.last_id = None
                        break
                else:
                    name, met = msgspec.json.decode(line, type=tuple[str, Met])
                    self.met[name] = met
            except msgspec.MsgspecError:
                break
            end += len(line)
        return end


def in_threads(threads: int) -> Share:
    """Work shared out to threads of this process; a few units a thread at a time."""

    def share(pieces: Sequence[str], search: bytes) -> Iterator[tuple[int, bytes]]:
        left = list(reversed(range(len(pieces))))
        out: dict[Future[bytes], int] = {}
        pool = ThreadPoolExecutor(threads)
        try:
            while left or out:
                while left and len(out) < 2 * threads:
                    number = left.pop()
                    out[pool.submit(scan_unit, pieces[number], search)] = number
                for future in wait(out, return_when=FIRST_COMPLETED).done:
                    yield out.pop(future), future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    return share


def seen_from(folder: Path, share: Share) -> Share:
    """``share``, whose workers see the units in another folder than we do."""

    def renamed(pieces: Sequence[str], search: bytes) -> Iterator[tuple[int, bytes]]:
        return share([str(folder / Path(piece).name) for piece in pieces], search)

    return renamed


def read_units(units: Sequence[Path], rescan: Rescan, kept: Kept, share: Share, clock: Clock) -> Iterator[Read]:
    """Each of ``units`` in order with what met and is judged now; what is new is kept.

    Raises: Misconfigured (unit_unseen), and what ``share`` and `Rescan.judged` raise.
    """
    left = [path for path in units if path.name not in kept.met]
    places = {path: place for place, path in enumerate(units)}
    ready = {places[path]: kept.met[path.name] for path in units if path.name in kept.met}
    next_place = 0
    for number, answer in _and_then_none(share([str(path) for path in left], rescan.search(kept.asked.since_us))):
        if number is not None:
            path, met = left[number], met_in(answer)
            if met.state == "gone" and path.exists():
                raise _unseen()
            if met.state in ("read", "gone"):
                kept.keep(path.name, met)
            ready[places[path]] = met
        while next_place in ready:
            yield _judged(units[next_place], ready.pop(next_place), rescan, clock)
            next_place += 1


def _and_then_none(answers: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int | None, bytes]]:
    """What is kept from an earlier run is told even if nothing new comes."""
    yield None, b""
    yield from answers


def _judged(path: Path, met: Met, rescan: Rescan, clock: Clock) -> Read:
    if met.state == "damaged":
        return Read(path, iter(()), _damaged())
    if met.state == "too_many_hits":
        return Read(path, iter(()), TooLarge("too_many_hits", "a file of the upload log meets too many codes", "Lower the bank's threshold."))  # fmt: skip
    numbers = met.uploads().tolist()
    if met.state == "gone" or not numbers:
        return Read(path, iter(()))
    try:
        unit = Unit(path)
        uploads = [unit.upload(number) for number in numbers if number < unit.count]
    except NotFound:
        return Read(path, iter(()))
    except (Tampered, OSError):
        return Read(path, iter(()), _damaged())
    return Read(path, rescan.judged(uploads, to_us(clock.now())))


def _damaged() -> Tampered:
    return Tampered("unit_damaged", "a file of the upload log is damaged", "`amparo uploads check` says which and why.")


def _unseen() -> Misconfigured:
    return Misconfigured(
        "unit_unseen",
        "a worker of the cluster does not see the upload log",
        "Put it on shared storage; --dask-folder says where the workers see it.",
    )


@contextlib.contextmanager
def kept_at(path: Path, asked: Asked, *, restart: bool) -> Iterator[Kept]:
    """The state at ``path`` for the length of a run. Raises: those of `Kept`."""
    kept = Kept(path, asked, restart=restart)
    try:
        yield kept
    finally:
        kept.close()
