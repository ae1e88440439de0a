"""What the upload log can do: log an upload, seal, list, check, forget what is old or asked to be. Matches nothing.

Logging never fails a caller and waits for nothing; a killed process loses what it logged in its last moments. Whoever seals, drops or
erases may do so from any process at any time.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import Counter

from amparo.errors import AmparoError, NotFound, Tampered
from amparo.store.durable import file_error, locked, write_whole
from amparo.terms.clock import Clock, to_us
from amparo.terms.signal import Signal
from amparo.uploads.journal import CLOSED, OPEN, Journal, take, uploads_in
from amparo.uploads.model import Upload, logged_codes
from amparo.uploads.settings import UploadsSettings
from amparo.uploads.unit import SUFFIX, Unit, packed
from amparo.uploads.writer import Writer

DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
WAITING_MAX = 20_000
"""Uploads that may wait to be written where the disk does not keep up; some 10 MB."""
LOGGED = Counter("amparo_uploads_logged", "Uploads by what became of them in the upload log", ["outcome"])


@dataclass(frozen=True, slots=True)
class Held:
    """What there is. units, open: files sealed and not yet. first_us: the oldest upload of a sealed one, None without."""

    units: int
    open: int
    size_bytes: int
    first_us: int | None


class UploadLog:
    """The room's verbs over one machine's folder."""

    def __init__(self, folder: Path, settings: UploadsSettings, clock: Clock) -> None:
        self.folder = settings.folder or folder
        self.settings = settings
        self._clock = clock
        self._journal = Journal(self.folder, settings.unit_bytes_max)
        self._writer: Writer[Upload] = Writer(self._write, WAITING_MAX)
        self._is_failing = False

    @property
    def is_on(self) -> bool:
        """Whether uploads are logged."""
        return self.settings.keep_days > 0

    def log(self, client: str, item: tuple[str | None, str | None], signals: Sequence[Signal], now_us: int) -> None:
        """Log one upload, where the log is on and the item (id, uploader's reference) has an id. Waits for nothing: it is in
        the file moments later. What cannot be written is counted, and nobody fails for it.
        """
        item_id, uploader_ref = item
        if not self.is_on:
            return
        if item_id is None:
            LOGGED.labels("no_item_id").inc()
        elif not self._writer.put(Upload(now_us, client, item_id, uploader_ref, logged_codes(signals))):
            LOGGED.labels("failed").inc()

    def flush(self) -> None:
        """Wait until all that was logged here is in the file."""
        self._writer.flush()

    def _write(self, uploads: list[Upload]) -> None:
        try:
            self._journal.append(uploads)
        except (OSError, AmparoError) as error:
            LOGGED.labels("failed").inc(len(uploads))
            if not self._is_failing:
                structlog.get_logger().error("the upload log cannot be written", error=type(error).__name__)
            self._is_failing = True
        else:
            LOGGED.labels("logged").inc(len(uploads))
            self._is_failing = False

    def close(self) -> None:
        """Write out what is in memory and let go of the file."""
        self._writer.flush()
        self._journal.close()

    def seal(self, *, all_open: bool = False) -> int:
        """Seal the files whose time or size is full, or all; how many units came of them. Raises: NoRoom, Misconfigured."""
        if not self.folder.is_dir():
            return 0
        with locked(self.folder / ".lock"):
            due_us = to_us(self._clock.now()) - self.settings.unit_minutes * MINUTE_US
            for path in self._named(OPEN):
                if all_open or start_us(path) <= due_us:
                    _taken(path)
            return sum(self._sealed(path) for path in self._named(CLOSED))

    def units(self) -> list[Path]:
        """The sealed files, oldest first."""
        return self._named(SUFFIX)

    def held(self) -> Held:
        """How much there is."""
        units, others = self._named(SUFFIX), [*self._named(OPEN), *self._named(CLOSED)]
        size = sum(_size_of(path) for path in [*units, *others])
        first = [start_us(path) for path in units[:1]]
        return Held(len(units), len(others), size, first[0] if first else None)

    def forget(self) -> int:
        """Delete the files whose oldest upload is past its time, and the oldest ones over the most bytes; how many went."""
        limit_us = to_us(self._clock.now()) - self.settings.keep_days * DAY_US
        if not self.is_on:
            return self.purge()
        old = [path for path in [*self._named(SUFFIX), *self._named(OPEN), *self._named(CLOSED)] if start_us(path) <= limit_us]  # fmt: skip
        gone = sum(_gone(path) for path in old)
        units = self._named(SUFFIX)
        over = sum(map(_size_of, units)) - self.settings.bytes_max
        for path in units:
            if over <= 0:
                break
            over -= _size_of(path)
            gone += _gone(path)
        return gone

    def purge(self) -> int:
        """Delete all there is; how many files went. What is uploaded after this is logged as before."""
        if not self.folder.is_dir():
            return 0
        with locked(self.folder / ".lock"):
            return sum(_gone(path) for ending in (OPEN, CLOSED, SUFFIX) for path in self._named(ending))

    def erase(self, item_id: str, client: str | None = None) -> int:
        """Take the uploads of one item (of one client, or of all) out of every file; how many there were.

        Raises: Tampered (unit_damaged), NoRoom, Misconfigured (file_refused).
        """
        self.seal(all_open=True)
        erased = 0
        for path in self.units():
            with contextlib.suppress(NotFound):
                unit = Unit(path)
                if not unit.may_name(item_id):
                    continue
                kept = [one for one in unit.uploads() if one.item_id != item_id or client not in (None, one.client)]
                if len(kept) < unit.count:
                    erased += unit.count - len(kept)
                    self._put(path, kept)
        return erased

    def check(self) -> Iterator[tuple[Path, Tampered | None]]:
        """Read every sealed file whole: each with what is wrong with it, None when nothing is."""
        for path in self.units():
            try:
                Unit(path).check()
            except NotFound:
                continue
            except Tampered as error:
                yield path, error
            else:
                yield path, None

    def _sealed(self, path: Path) -> bool:
        try:
            is_unit = self._put(path.with_suffix(SUFFIX), uploads_in(path))
        except FileNotFoundError:
            return False
        except OSError as error:
            raise file_error(error, "the upload log") from error
        _gone(path)
        return is_unit

    def _put(self, path: Path, uploads: Iterator[Upload] | list[Upload]) -> bool:
        raw = packed(uploads)
        if raw is None:
            _gone(path)
        else:
            write_whole(path, raw)
        return raw is not None

    def _named(self, ending: str) -> list[Path]:
        return sorted(self.folder.glob(f"*{ending}"))


def _taken(path: Path) -> None:
    try:
        take(path)
    except OSError as error:
        raise file_error(error, "the upload log") from error


def start_us(path: Path) -> int:
    """When the first upload of the file came in, by its name; a file of another name is as old as can be."""
    text = path.name.partition("-")[0]
    return int(text) if text.isdecimal() else 0


def _size_of(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _gone(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        return True
    return False
