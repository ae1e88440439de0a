"""The upload log: what is logged is there, whole, for as long as it was asked to be, whoever else seals, drops or writes."""

import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from amparo.errors import NotFound, Tampered
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal
from amparo.uploads.journal import HEAD, RECORD, Journal, uploads_in
from amparo.uploads.model import Upload, logged_codes
from amparo.uploads.scan import Met, met_in, scan_unit, search_bytes
from amparo.uploads.service import UploadLog
from amparo.uploads.settings import UploadsSettings
from amparo.uploads.unit import HEADER_BYTES, Unit, packed
from tests.conftest import SetClock

MEBIBYTE = 1 << 20


def code(number: int) -> bytes:
    return number.to_bytes(32, "big")


def picture(number: int) -> tuple[Signal, ...]:
    return Signal("pdq", code(number), 80), Signal("md5", code(number)[16:]), Signal("sha256", code(number)[::-1])


def log_of(folder: Path, clock: SetClock, **settings: int) -> UploadLog:
    return UploadLog(folder / "uploads", UploadsSettings(**{"keep_days": 10, **settings}), clock)


def put(
    log: UploadLog, client: str, item: tuple[str | None, str | None], signals: tuple[Signal, ...], at_us: int
) -> None:
    log.log(client, item, signals, at_us)
    log.flush()


def fill(log: UploadLog, clock: SetClock, *numbers: int, client: str = "site") -> None:
    for number in numbers:
        put(log, client, (f"item-{number}", None), picture(number), to_us(clock.now()))


def items(log: UploadLog) -> list[str]:
    log.seal(all_open=True)
    return [upload.item_id for path in log.units() for upload in Unit(path).uploads()]


def test_what_is_logged_is_in_a_unit_when_sealed(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    put(log, "site", ("ítem 1", "up/1"), picture(7), to_us(clock.now()))
    clock.forward(seconds=3)
    put(log, "other", ("2", None), (Signal("md5", code(9)[16:]),), to_us(clock.now()))
    assert log.units() == []
    assert log.seal(all_open=True) == 1
    unit = Unit(log.units()[0])
    unit.check()
    first = Upload(to_us(clock.now()) - 3_000_000, "site", "ítem 1", "up/1", logged_codes(picture(7)))
    assert list(unit.uploads()) == [first, Upload(to_us(clock.now()), "other", "2", None, {"md5": code(9)[16:]})]
    assert (unit.first_us, unit.last_us, unit.count) == (first.at_us, to_us(clock.now()), 2)
    assert unit.codes("pdq").tobytes() == code(7)
    assert unit.owners("md5").tolist() == [0, 1]
    assert not unit.codes("md5").flags.writeable


def test_nothing_is_written_while_the_log_is_off(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock, keep_days=0)
    fill(log, clock, 1)
    assert not log.folder.exists()
    assert (log.seal(all_open=True), log.forget(), log.purge(), log.units()) == (0, 0, 0, [])


def test_an_upload_without_an_item_id_is_not_logged(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    put(log, "site", (None, "someone"), picture(1), to_us(clock.now()))
    assert not log.folder.exists()


def test_the_first_detailed_signal_of_each_logged_kind_and_no_other_view() -> None:
    signals = (Signal("pdq", code(1), 80, "mirror"), Signal("pdq", code(2), 10), Signal("pdq", code(3), None), Signal("pdq", code(4), 99))  # fmt: skip
    assert logged_codes(signals) == {"pdq": code(3)}


def test_files_and_folder_are_their_owners_alone(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    fill(log, clock, 1)
    opened = list(log.folder.glob("*.open"))
    log.seal(all_open=True)
    fill(log, clock, 2)
    assert opened
    assert stat.S_IMODE(log.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in log.folder.iterdir()} == {0o600}


def test_a_file_is_sealed_when_its_time_is_full_and_the_writer_goes_on_in_another(
    tmp_path: Path, clock: SetClock
) -> None:
    log = log_of(tmp_path, clock, unit_minutes=60)
    fill(log, clock, 1)
    clock.forward(minutes=59)
    assert log.seal() == 0
    fill(log, clock, 2)
    clock.forward(minutes=1)
    assert log.seal() == 1
    fill(log, clock, 3)
    assert [unit.count for unit in map(Unit, log.units())] == [2]
    assert items(log) == ["item-1", "item-2", "item-3"]


def test_a_file_is_sealed_when_it_is_large_enough(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock, unit_bytes_max=4_096)
    fill(log, clock, *range(100))
    assert log.seal() >= 2
    assert sorted(items(log)) == sorted(f"item-{number}" for number in range(100))


def test_nothing_is_lost_or_doubled_while_threads_write_and_another_process_seals(
    tmp_path: Path, clock: SetClock
) -> None:
    logs = [log_of(tmp_path, clock, unit_bytes_max=64 * 1024) for _ in range(2)]
    done = threading.Event()

    def seal_all_along() -> None:
        sealer = log_of(tmp_path, clock)
        while not done.is_set():
            sealer.seal(all_open=True)

    writers = [
        threading.Thread(target=fill, args=(logs[n % 2], clock, *range(500 * n, 500 * n + 500))) for n in range(4)
    ]
    sealing = threading.Thread(target=seal_all_along)
    for thread in (sealing, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    sealing.join()
    assert sorted(items(logs[0])) == sorted(f"item-{number}" for number in range(2_000))


def test_what_is_older_than_its_time_goes_sealed_or_not(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock, keep_days=10)
    fill(log, clock, 1)
    log.seal(all_open=True)
    fill(log, clock, 2)
    clock.forward(days=9)
    fill(log_of(tmp_path, clock), clock, 3)
    assert log.forget() == 0
    clock.forward(days=1)
    assert log.forget() == 2
    fill(log, clock, 4)
    assert items(log) == ["item-3", "item-4"]


def test_switched_off_the_rest_goes(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    fill(log, clock, 1)
    log.seal(all_open=True)
    fill(log, clock, 2)
    assert log_of(tmp_path, clock, keep_days=0).forget() == 2
    assert log.held().size_bytes == 0


def test_over_its_size_the_oldest_go_first(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock, bytes_max=3 * HEADER_BYTES)
    for number in range(5):
        fill(log, clock, number)
        clock.forward(minutes=1)
        log.seal(all_open=True)
    assert log.forget() == 3
    assert items(log) == ["item-3", "item-4"]
    held = log.held()
    assert (held.units, held.open) == (2, 0)
    assert held.first_us == to_us(clock.now() - timedelta(minutes=2))


def test_purging_leaves_nothing_and_logging_goes_on(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    fill(log, clock, 1)
    log.seal(all_open=True)
    fill(log, clock, 2)
    assert log.purge() == 2
    fill(log, clock, 3)
    assert items(log) == ["item-3"]


def test_one_item_is_erased_from_every_file(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    fill(log, clock, 1, 2)
    fill(log, clock, 1, client="other")
    log.seal(all_open=True)
    clock.forward(minutes=1)
    fill(log, clock, 1)
    clock.forward(minutes=1)
    assert log.erase("item-1", "site") == 2
    assert items(log) == ["item-2", "item-1"]
    assert log.erase("item-1") == 1
    assert log.erase("item-2") == 1
    assert log.erase("item-2") == 0
    assert log.units() == []


def test_a_folder_that_cannot_be_written_fails_nobody(tmp_path: Path, clock: SetClock) -> None:
    (tmp_path / "uploads").write_text("in the way")
    log = log_of(tmp_path, clock)
    fill(log, clock, 1, 2)
    (tmp_path / "uploads").unlink()
    fill(log, clock, 3)
    assert items(log) == ["item-3"]


def test_an_upload_too_long_for_the_log_is_left_out(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    put(log, "site", ("x" * 20_000, None), picture(1), 1)
    fill(log, clock, 2)
    assert items(log) == ["item-2"]


def test_a_torn_end_costs_its_own_upload_alone(tmp_path: Path, clock: SetClock) -> None:
    for cut in (1, 7, 8, 9, 40):
        folder = tmp_path / str(cut)
        log = log_of(folder, clock)
        fill(log, clock, 1, 2)
        (path,) = log.folder.glob("*.open")
        os.truncate(path, path.stat().st_size - cut)
        log.close()
        fill(log, clock, 3)
        assert sorted(items(log)) == ["item-1", "item-3"]


def test_a_damaged_record_is_passed_over_and_what_is_no_journal_holds_nothing(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    fill(log, clock, 1, 2)
    (path,) = log.folder.glob("*.open")
    raw = bytearray(path.read_bytes())
    raw[HEAD.size + RECORD.size + 3] ^= 1
    path.write_bytes(raw)
    assert [upload.item_id for upload in uploads_in(path)] == ["item-2"]
    raw[HEAD.size : HEAD.size + 4] = b"\xff" * 4
    path.write_bytes(raw)
    assert list(uploads_in(path)) == []
    path.write_bytes(b"other")
    assert list(uploads_in(path)) == []
    assert log.seal(all_open=True) == 0
    assert list(log.folder.glob("*.*en")) == []


def test_a_journal_file_is_begun_again_when_it_was_taken_away(tmp_path: Path) -> None:
    journal = Journal(tmp_path, MEBIBYTE)
    journal.append([Upload(1, "a", "1", None, {})])
    for path in tmp_path.glob("*.open"):
        path.unlink()
    journal.append([Upload(2, "a", "2", None, {})])
    journal.append([])
    journal.close()
    (path,) = tmp_path.glob("*.open")
    assert [upload.item_id for upload in uploads_in(path)] == ["2"]


@pytest.mark.parametrize(
    ("place", "why"),
    [(0, "version"), (9, "version"), (20, "checksum"), (40, "checksum"), (90, "checksum"), (4_000, "checksum")],
)
def test_a_damaged_header_is_refused(tmp_path: Path, clock: SetClock, place: int, why: str) -> None:
    path = unit_of(tmp_path, clock)
    raw = bytearray(path.read_bytes())
    raw[place] ^= 4
    path.write_bytes(raw)
    with pytest.raises(Tampered, match=why):
        Unit(path)


def test_a_unit_cut_short_grown_or_gone_is_refused(tmp_path: Path, clock: SetClock) -> None:
    path = unit_of(tmp_path, clock)
    raw = path.read_bytes()
    for wrong in (raw[:-1], raw + b"\0", raw[:100], b""):
        path.write_bytes(wrong)
        with pytest.raises(Tampered):
            Unit(path)
    path.unlink()
    with pytest.raises(NotFound):
        Unit(path)


def test_a_changed_byte_of_the_body_is_found_by_the_check(tmp_path: Path, clock: SetClock) -> None:
    path = unit_of(tmp_path, clock)
    log = log_of(tmp_path, clock)
    assert [error for _, error in log.check()] == [None]
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    assert [error.slug for _, error in log.check()] == ["unit_damaged"]
    path.write_bytes(raw[:-1])
    assert [error.slug for _, error in log.check()] == ["unit_damaged"]


def unit_of(folder: Path, clock: SetClock) -> Path:
    log = log_of(folder, clock)
    fill(log, clock, 1, 2, 3)
    log.seal(all_open=True)
    return log.units()[0]


def test_nothing_packs_into_nothing() -> None:
    assert packed([]) is None


# --- the work that is shared out


def wanted(*numbers: int, radius: int = 0, since_us: int = 0) -> bytes:
    codes = np.frombuffer(b"".join(map(code, numbers)), np.uint8).reshape(-1, 32)
    return search_bytes(since_us, {"pdq": codes, "md5": codes[:0, :16]}, {"pdq": radius, "md5": 0})


def test_a_unit_tells_which_uploads_met(tmp_path: Path, clock: SetClock) -> None:
    log = log_of(tmp_path, clock)
    fill(log, clock, 8)
    clock.forward(seconds=1)
    fill(log, clock, 24, 65_535, 9)
    log.seal(all_open=True)
    path = str(log.units()[0])
    assert met_in(scan_unit(path, wanted(8, 8, radius=1))).uploads().tolist() == [0, 1, 3]
    assert met_in(scan_unit(path, wanted(9))).uploads().tolist() == [3]
    later = wanted(8, radius=1, since_us=to_us(clock.now()))
    assert met_in(scan_unit(path, later)).uploads().tolist() == [1, 3]
    assert met_in(scan_unit(path, wanted())) == Met("read", 4)


def test_every_kind_is_looked_for_and_an_upload_told_once(tmp_path: Path, clock: SetClock) -> None:
    path = str(unit_of(tmp_path, clock))
    search = search_bytes(
        0,
        {
            "pdq": np.frombuffer(code(2), np.uint8)[None],
            "md5": np.frombuffer(code(2)[16:] + code(3)[16:], np.uint8).reshape(2, 16),
            "sha256": np.frombuffer(code(2)[::-1], np.uint8)[None],
        },
        {"pdq": 0, "md5": 0, "sha256": 0},
    )
    assert met_in(scan_unit(path, search)).uploads().tolist() == [1, 2]


def test_what_cannot_be_read_is_an_answer(tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    path = unit_of(tmp_path, clock)
    monkeypatch.setattr("amparo.uploads.scan.HITS_MAX", 2)
    assert met_in(scan_unit(str(path), wanted(2, radius=5))).state == "too_many_hits"
    path.write_bytes(path.read_bytes()[:-1])
    assert met_in(scan_unit(str(path), wanted(2))).state == "damaged"
    path.unlink()
    assert met_in(scan_unit(str(path), wanted(2))).state == "gone"


def test_an_answer_that_is_none_is_refused() -> None:
    for answer in (b"", b"\xc0", b"\x81\xa5state\xa4odd!"):
        with pytest.raises(Tampered) as caught:
            met_in(answer)
        assert caught.value.slug == "unit_answer"
