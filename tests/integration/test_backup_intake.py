"""Backup and restore of what persons sent: receipts open again, states are told again, what was taken back stays so, on either database."""

import zipfile
from pathlib import Path

import msgspec
import pytest

from amparo.app import archive
from amparo.app.backup import backup
from amparo.app.restore import Restored, restore
from amparo.app.rooms import open_rooms
from amparo.cli.main import main
from amparo.errors import Misconfigured
from amparo.store.db import sqlite_path
from tests.integration.desk import file
from tests.integration.installed import Installed, environ, installed, settings
from tests.integration.restoring import CLOCK
from tests.ledgers import LEDGERS


def make(house: Installed, path: Path, **variables: str) -> Path:
    backup(settings(house.folder, **variables).deployment, path, CLOCK)
    return path


def bring_back(folder: Path, path: Path, given: Path | None = None, **variables: str) -> Restored:
    LEDGERS.renew(folder)
    return restore(settings(folder, **variables), path, given, CLOCK)


def test_an_older_backup_with_the_withdrawals_file_answers_the_same(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        hers, number = house.sent(file(1), file(2, picture=7))
        others, other_number = house.sent(file(1, picture=7))
        house.work()
        house.origins(1)
        house.work()
        epoch = house.loop.side.epoch()
        path = make(house, tmp_path / "b")
        house.portal.withdraw(hers, [2])
        house.work(2)
        assert house.states(hers)[2] == ["withdrawn"]
        log = house.folder / "withdrawals.log"
        done = bring_back(tmp_path / "r", path, log)
        assert (done.has_intake, done.newer, done.is_current) == (True, 1, True)
    with installed(tmp_path / "r") as restored:
        again = restored.opened(number)
        assert restored.loop.side.epoch() != epoch
        assert restored.origins(7) == {f"case-{others.case_uid}"}, "silent before the desk has done anything"
        restored.work(2)
        assert restored.states(again) == {1: ["listed", "matched"], 2: ["withdrawn"]}
        assert restored.states(restored.opened(other_number))[1][0] == "listed"
        assert restored.origins(1) == {f"case-{hers.case_uid}"}
        restored.portal.write_message(again, "still here")
        restored.work()
        restored.sent(file(1, picture=9))
        restored.work()
        assert len(restored.origins(9)) == 1


def test_what_came_in_before_the_copy_and_was_not_taken_is_taken_by_the_restored(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        _, number = house.sent(file(1))  # nobody took it
        path = make(house, tmp_path / "b")
    bring_back(tmp_path / "r", path)
    with installed(tmp_path / "r") as restored:
        restored.work()
        assert restored.states(restored.opened(number)) == {1: ["listed"]}


def test_an_intake_ahead_of_its_ledger_is_shown_what_is_so_now(tmp_path: Path) -> None:
    """The intake is copied after the ledger: it may have been shown more than the ledger holds."""
    with installed(tmp_path / "a") as house:
        hers, number = house.sent(file(1))
        house.work()
        path = make(house, tmp_path / "early")
        for _ in range(3):
            house.origins(1)
            house.work()
        late = make(house, tmp_path / "late")
        assert house.states(hers) == {1: ["listed", "matched"]}
    mixed = tmp_path / "mixed"
    repack(mixed, ledger_of=path, rest_of=late)
    bring_back(tmp_path / "r", mixed)
    with installed(tmp_path / "r") as restored:
        restored.work()
        assert restored.states(restored.opened(number)) == {1: ["listed"]}, "those matches are not in this ledger"


def repack(to: Path, ledger_of: Path, rest_of: Path) -> None:
    """A backup with the ledger and withdrawals of one and all else of another."""
    with zipfile.ZipFile(ledger_of) as one, zipfile.ZipFile(rest_of) as other:
        names = [name for name in other.namelist() if name != archive.MANIFEST]
        folder = to.with_name("members")
        folder.mkdir()
        for name in names:
            source = one if name in {archive.LEDGER, archive.WITHDRAWALS} else other
            (folder / name).write_bytes(source.read(name))
        manifest = msgspec.json.decode(other.read(archive.MANIFEST), type=archive.Manifest)
    files = {name: archive.held(folder / name) for name in names}
    archive.pack(to, msgspec.structs.replace(manifest, files=files), {name: folder / name for name in names})


def test_a_backup_of_before_the_portal_restores_and_says_so(tmp_path: Path, capsys, monkeypatch) -> None:
    folder = tmp_path / "a"
    open_rooms(settings(folder)).close()  # no intake was ever prepared
    (folder / "secrets" / archive.WEBHOOKS).unlink()
    path = tmp_path / "b"
    backup(settings(folder).deployment, path, CLOCK)
    with zipfile.ZipFile(path) as made:
        assert archive.INTAKE not in made.namelist()
        members = {name: made.read(name) for name in made.namelist()}
    old = tmp_path / "old"
    members[archive.MANIFEST] = members[archive.MANIFEST].replace(archive.FORMAT.encode(), b"amparo-backup-1")
    with zipfile.ZipFile(old, "w", zipfile.ZIP_STORED) as written:
        for name, raw in members.items():
            written.writestr(zipfile.ZipInfo(name), raw)
    LEDGERS.renew(tmp_path / "r")
    for name, value in environ(tmp_path / "r").items():
        monkeypatch.setenv(name, value)
    assert main(["restore", str(old), "--data", str(tmp_path / "r")]) == 0
    assert "nothing of the portal" in capsys.readouterr().err
    with installed(tmp_path / "r") as restored:
        hers, _ = restored.sent(file(1))
        restored.work()
        assert restored.states(hers) == {1: ["listed"]}


def test_a_pepper_from_the_environment_is_not_in_the_backup_and_must_be_the_same(tmp_path: Path) -> None:
    own, other = "ab" * 32, "cd" * 32
    with installed(tmp_path / "a", INTAKE_PEPPER=own) as house:
        _, number = house.sent(file(1))
        path = make(house, tmp_path / "b", INTAKE_PEPPER=own)
    assert bytes.fromhex(own) not in path.read_bytes()
    for variables, slug in (({}, "secret_missing"), ({"INTAKE_PEPPER": other}, "receipts_differ")):
        with pytest.raises(Misconfigured) as refused:
            bring_back(tmp_path / "r", path, **variables)
        assert refused.value.slug == slug
        assert not (tmp_path / "r").exists()
    bring_back(tmp_path / "r", path, INTAKE_PEPPER=own)
    with installed(tmp_path / "r", INTAKE_PEPPER=own) as restored:
        restored.work()
        assert restored.states(restored.opened(number)) == {1: ["listed"]}


def test_lost_keys_stop_the_start_and_are_not_made_anew(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        house.sent(file(1))
    secrets = tmp_path / "a" / "secrets"
    for names in (["desk.key", "desk.pub"], ["desk.key"], ["receipt.pepper"]):
        held = {name: (secrets / name).read_bytes() for name in names}
        for name in names:
            (secrets / name).unlink()
        with pytest.raises(Misconfigured) as refused, installed(tmp_path / "a"):
            raise AssertionError("started without what opens persons' words")
        assert refused.value.slug == "secret_missing"
        assert not any((secrets / name).exists() for name in names)
        for name, raw in held.items():
            (secrets / name).write_bytes(raw)
    with installed(tmp_path / "a") as house:
        house.work()


@pytest.mark.once
def test_an_intake_in_a_file_elsewhere_is_no_place_to_restore_to(tmp_path: Path) -> None:
    with installed(tmp_path / "a") as house:
        path = make(house, tmp_path / "b")
        assert sqlite_path(house.loop.side.db.url).name == archive.INTAKE
    with pytest.raises(Misconfigured) as refused:
        bring_back(tmp_path / "r", path, INTAKE_DATABASE_URL=f"sqlite:///{tmp_path}/elsewhere.sqlite")
    assert refused.value.slug == "misconfigured"
