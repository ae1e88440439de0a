"""Past uploads against today's list: what a match would have said, by the rules of a match; begun again it says the same."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from amparo.access.model import Principal
from amparo.app.rescan import Asked, Kept, in_threads, kept_at, read_units, seen_from
from amparo.banks.feed import newest_signal
from amparo.banks.model import BankPolicy, Listing
from amparo.errors import Misconfigured
from amparo.match.model import Item
from amparo.match.rescan import Rescan, Retro
from amparo.match.service import Question
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal
from amparo.uploads.service import UploadLog
from amparo.uploads.settings import UploadsSettings
from tests.conftest import SetClock
from tests.integration.ledger import House, md5, new_bank, opened, pdq, refused


@pytest.fixture
def house(tmp_path: Path, clock: SetClock) -> Iterator[House]:
    with opened(tmp_path, clock) as made:
        new_bank(made)
        yield made


@pytest.fixture
def log(house: House) -> UploadLog:
    return UploadLog(house.folder / "uploads", UploadsSettings(keep_days=10), house.clock)


def near(number: int, bits: int) -> Signal:
    """A code that many bits from `pdq(number)`; the numbers used here lie far above."""
    return pdq(number ^ ((1 << bits) - 1))


def upload(log: UploadLog, clock: SetClock, item_id: str, *signals: Signal) -> None:
    log.log("site", (item_id, f"by-{item_id}"), signals, to_us(clock.now()))
    log.flush()


SITE = Principal(7, 3, "site", "platform")
A, B, C = 0b1 << 200 | 0b111 << 100, (1 << 64) - 1 << 128, (1 << 64) - 1 << 192


def rescan_of(house: House, bank: str = "A", listed_since_us: int = 0) -> Rescan:
    banks = house.banks
    return Rescan(house.db, banks.bank(bank), banks.banks(), newest_signal(house.db), listed_since_us)


def asked_of(house: House, since_us: int = 0, **more: object) -> Asked:
    bank = house.banks.bank("A")
    return replace_asked(Asked(bank.id, {kind: bank.threshold_bits(kind) for kind in ("pdq", "md5", "sha256")}, since_us, 0), **more)  # fmt: skip


def replace_asked(asked: Asked, **more: object) -> Asked:
    return Asked(**{name: more.get(name, getattr(asked, name)) for name in asked.__struct_fields__})


def run(house: House, log: UploadLog, state: Path | None = None, since_us: int = 0) -> list[Retro]:
    """A whole run; every unit must have been read."""
    log.seal(all_open=True)
    path = state or house.folder / "state"
    with kept_at(path, asked_of(house, since_us), restart=state is None) as kept:
        if kept.last_id is None:
            kept.begin(newest_signal(house.db))
        found = []
        for read in read_units(log.units(), rescan_of(house), kept, in_threads(2), house.clock):
            assert read.error is None
            found += list(read.found)
        return found


def told(found: list[Retro]) -> list[tuple[str, int, str, int]]:
    return [(one.item_id, one.content_id, one.kind, one.distance_bits) for one in found]


def test_a_later_list_finds_earlier_uploads(house: House, log: UploadLog, clock: SetClock) -> None:
    upload(log, clock, "same", pdq(A))
    upload(log, clock, "near", near(A, 31), md5(5))
    upload(log, clock, "over", near(A, 32))
    upload(log, clock, "other", pdq(B))
    log.seal(all_open=True)
    clock.forward(days=1)
    upload(log, clock, "bytes", md5(5), Signal("sha256", b"x" * 32))
    ((_, pictured),) = house.add("A", "site", Listing((pdq(A),)))
    ((_, filed),) = house.add("A", "site", Listing((md5(5),)))
    found = run(house, log)
    assert told(found) == [("same", pictured, "pdq", 0), ("near", filed, "md5", 0), ("near", pictured, "pdq", 31), ("bytes", filed, "md5", 0)]  # fmt: skip
    assert found[0] == Retro("same", "site", clock.now() - timedelta(days=1), "by-same", "A", pictured, "pdq", 0, 31)
    assert told(run(house, log, since_us=to_us(clock.now()))) == told(found)[3:]


def test_it_says_what_a_match_would_say(house: House, log: UploadLog, clock: SetClock) -> None:
    new_bank(house, "Harmless", polarity="negative")
    new_bank(house, "Other")
    house.add("A", "site", Listing((pdq(A),)), Listing((near(A, 9),)), Listing((pdq(B), md5(3))))
    house.add("Harmless", "site", Listing((near(A, 4), md5(3))))
    house.add("Other", "site", Listing((pdq(C),)))
    house.banks.set_policy("A", BankPolicy(staged_share=0.5, thresholds={"pdq": 20}))
    uploads = {f"{name}-{bits}-{n}": (near(code, bits), *more) for name, code, more in (("a", A, ()), ("b", B, (md5(3),)), ("c", C, ())) for bits in (0, 3, 7, 12, 21) for n in range(4)}  # fmt: skip
    matcher = house.matcher()
    answers = []
    for item_id, signals in uploads.items():
        upload(log, clock, item_id, *signals)
        verdict = matcher.judge(SITE, "r", signals, Question(Item(item_id)))
        answers += [(item_id, one.content_id, one.kind, one.distance_bits) for one in verdict.matches if one.bank == "A"]  # fmt: skip
    found = told(run(house, log))
    assert found == answers
    assert 5 < len(found) < 100


def test_what_is_withdrawn_disabled_or_paused_meanwhile_is_not_told(
    house: House, log: UploadLog, clock: SetClock
) -> None:
    bank = house.banks.bank("A")
    upload(log, clock, "one", pdq(A))
    added = house.add("A", "site", Listing((pdq(A),)), Listing((near(A, 1),)), Listing((near(A, 2),)))
    log.seal(all_open=True)
    rescan = rescan_of(house)
    with kept_at(house.folder / "state", asked_of(house), restart=False) as kept:
        kept.begin(newest_signal(house.db))
        (read,) = read_units(log.units(), rescan, kept, in_threads(1), clock)
        house.banks.withdraw(bank, added[0][1])
        house.banks.annotate(bank, added[1][1], {"disable_until_us": 0})
        assert [one.content_id for one in read.found] == [added[2][1]]
    house.banks.set_policy("A", BankPolicy(paused=True))
    assert run(house, log) == []


def test_only_what_was_listed_since_then(house: House, log: UploadLog, clock: SetClock) -> None:
    upload(log, clock, "one", pdq(A), md5(4))
    house.add("A", "site", Listing((pdq(A),)))
    clock.forward(days=1)
    ((_, later),) = house.add("A", "site", Listing((near(A, 2), Signal("sha256", b"y" * 32))))
    rescan = rescan_of(house, listed_since_us=to_us(clock.now()))
    assert len(rescan) == 2
    log.seal(all_open=True)
    with kept_at(house.folder / "state", asked_of(house), restart=False) as kept:
        kept.begin(newest_signal(house.db))
        (read,) = read_units(log.units(), rescan, kept, in_threads(1), clock)
        assert [one.content_id for one in read.found] == [later]


def test_a_negative_bank_is_refused(house: House) -> None:
    new_bank(house, "Harmless", polarity="negative")
    refused("negative_bank", rescan_of, house, "Harmless")


def test_a_long_list_is_read_in_slices(
    house: House, log: UploadLog, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amparo.banks.feed.SLICE", 3)
    house.add("A", "site", *(Listing((pdq(A + n << 30),)) for n in range(9)))
    assert len(rescan_of(house)) == 9
    upload(log, clock, "one", pdq(A + 8 << 30))
    assert ("one", 9) in [(item, content) for item, content, _, distance in told(run(house, log)) if distance == 0]


def test_many_uploads_are_judged_in_batches(
    house: House, log: UploadLog, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("amparo.match.rescan.BATCH", 4)
    house.add("A", "site", Listing((pdq(A),)))
    for number in range(11):
        upload(log, clock, f"{number}", near(A, number))
    assert [one.item_id for one in run(house, log)] == [str(number) for number in range(11)]


# --- begun again


def many_units(house: House, log: UploadLog, clock: SetClock, n: int = 6) -> None:
    house.add("A", "site", Listing((pdq(A),)), Listing((pdq(B),)))
    for number in range(n):
        for which, code in enumerate((A, B, C)):
            upload(log, clock, f"{number}-{which}", near(code, number))
        log.seal(all_open=True)
        clock.forward(minutes=1)


def test_an_interrupted_run_goes_on_and_says_the_same(house: House, log: UploadLog, clock: SetClock) -> None:
    many_units(house, log, clock)
    whole = run(house, log)
    state = house.folder / "again"
    with kept_at(state, asked_of(house), restart=False) as kept:
        kept.begin(newest_signal(house.db))
        reads = read_units(log.units(), rescan_of(house), kept, in_threads(1), clock)
        first = [one for read in (next(reads), next(reads)) for one in read.found]
        reads.close()
    with state.open("ab") as file:
        file.write(b'["half a li')
    assert first == whole[: len(first)]
    asked_for: list[str] = []

    def counted(pieces, search):
        asked_for.extend(pieces)
        return in_threads(1)(pieces, search)

    with kept_at(state, asked_of(house), restart=False) as kept:
        read_before = len(kept.met)
        assert 2 <= read_before < 6
        again = [one for read in read_units(log.units(), rescan_of(house), kept, counted, clock) for one in read.found]
        assert len(asked_for) == 6 - read_before
        kept.done()
    assert again == whole
    assert not state.exists()


def test_what_was_listed_after_the_run_began_is_not_half_told(house: House, log: UploadLog, clock: SetClock) -> None:
    many_units(house, log, clock)
    state = house.folder / "state"
    with kept_at(state, asked_of(house), restart=False) as kept:
        kept.begin(newest_signal(house.db))
    house.add("A", "site", Listing((pdq(C),)))
    with kept_at(state, asked_of(house), restart=False) as kept:
        bank = house.banks.bank("A")
        rescan = Rescan(house.db, bank, house.banks.banks(), kept.last_id)
        reads = read_units(log.units(), rescan, kept, in_threads(1), clock)
        assert {one.item_id[-1] for read in reads for one in read.found} == {"0", "1"}


def test_a_state_of_another_question_is_begun_anew(house: House, log: UploadLog, clock: SetClock) -> None:
    many_units(house, log, clock)
    state = house.folder / "state"
    run(house, log, state)
    asked = asked_of(house)
    with kept_at(state, asked, restart=False) as kept:
        assert len(kept.met) == 6
    for other in (replace_asked(asked, since_us=5), replace_asked(asked, radius_bits={"pdq": 1})):
        with kept_at(state, other, restart=False) as kept:
            assert (kept.last_id, kept.met) == (None, {})
    for raw in (b"no state\n", b"[1, 2]\n", b""):
        state.write_bytes(raw)
        with kept_at(state, asked, restart=False) as kept:
            assert (kept.last_id, kept.met) == (None, {})
    with kept_at(state, asked, restart=False):
        refused("rescan_runs", Kept, state, asked, restart=False)
    refused("file_refused", Kept, house.folder / "none" / "state", asked, restart=False)


def test_a_damaged_unit_is_said_and_the_others_read(house: House, log: UploadLog, clock: SetClock) -> None:
    many_units(house, log, clock)
    whole = run(house, log)
    damaged, flooded, gone, broken_later = log.units()[:4]
    os.truncate(damaged, 5_000)
    state = house.folder / "state2"
    with kept_at(state, asked_of(house), restart=False) as kept:
        kept.begin(newest_signal(house.db))
        errors, found = {}, []
        for place, read in enumerate(read_units(log.units(), rescan_of(house), kept, in_threads(1), clock)):
            found += list(read.found)
            errors[place] = read.error and read.error.slug
        assert errors == {0: "unit_damaged", 1: None, 2: None, 3: None, 4: None, 5: None}
        assert damaged.name not in kept.met or kept.met[damaged.name].state == "read"
    assert found == [one for one in whole if one.item_id[0] != "0"]
    gone.unlink()
    os.truncate(broken_later, 5_000)
    os.truncate(flooded, 5_000)
    with kept_at(state, asked_of(house), restart=False) as kept:
        reads = list(read_units([flooded, gone, broken_later], rescan_of(house), kept, in_threads(1), clock))
    assert [read.error and read.error.slug for read in reads] == ["unit_damaged", None, "unit_damaged"]


def test_a_unit_that_meets_too_much_is_said(
    house: House, log: UploadLog, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_units(house, log, clock, 1)
    monkeypatch.setattr("amparo.uploads.scan.HITS_MAX", 1)
    with kept_at(house.folder / "state", asked_of(house), restart=False) as kept:
        kept.begin(newest_signal(house.db))
        (read,) = read_units(log.units(), rescan_of(house), kept, in_threads(1), clock)
        assert read.error is not None
        assert read.error.slug == "too_many_hits"


def test_workers_that_do_not_see_the_log_are_an_error(house: House, log: UploadLog, clock: SetClock) -> None:
    many_units(house, log, clock, 2)
    whole = run(house, log)
    for folder, sees in ((house.folder / "elsewhere", False), (log.folder, True)):
        with kept_at(house.folder / "state3", asked_of(house), restart=True) as kept:
            kept.begin(newest_signal(house.db))
            share = seen_from(folder, in_threads(1))
            reads = read_units(log.units(), rescan_of(house), kept, share, clock)
            if sees:
                assert [one for read in reads for one in read.found] == whole
            else:
                with pytest.raises(Misconfigured) as caught:
                    list(reads)
                assert caught.value.slug == "unit_unseen"
