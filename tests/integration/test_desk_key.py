"""The desk key in its files: made once, opened by its passphrase alone, and what is lost, damaged or swapped is said."""

from pathlib import Path

import pytest

from amparo.errors import NoRoom, Tampered
from amparo.sealing import keys
from amparo.sealing.age import new_identity, seal, unseal
from amparo.sealing.keys import (
    desk_recipient,
    has_desk_key,
    make_desk_key,
    open_desk_key,
    open_desk_keys,
    renew_desk_key,
)
from tests.integration.ledger import refused

PASSPHRASE = "correct horse battery"

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The two files of a key, made once: its passphrase costs seconds."""
    folder = tmp_path_factory.mktemp("desk") / "secrets"
    make_desk_key(folder, PASSPHRASE)
    assert (folder / "desk.key").stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in folder.iterdir()) == [".desk.lock", "desk.key", "desk.pub"]
    return (folder / "desk.key").read_bytes(), (folder / "desk.pub").read_bytes()


@pytest.fixture
def folder(made: tuple[bytes, bytes], tmp_path: Path) -> Path:
    (tmp_path / "desk.key").write_bytes(made[0])
    (tmp_path / "desk.pub").write_bytes(made[1])
    return tmp_path


def test_what_is_sealed_to_the_desk_opens_with_its_passphrase(folder: Path):
    sealed = seal("你好".encode(), [desk_recipient(folder)])
    assert unseal(sealed, open_desk_key(folder, PASSPHRASE).secret).decode() == "你好"
    assert b"AGE-SECRET-KEY" not in (folder / "desk.key").read_bytes()


def test_another_passphrase_opens_nothing(folder: Path):
    for other in (PASSPHRASE + " ", "", "\udcff"):
        refused("wrong_passphrase", open_desk_key, folder, other)


def test_a_key_that_is_there_is_never_made_anew(folder: Path, made: tuple[bytes, bytes]):
    refused("desk_key_there", make_desk_key, folder, "another passphrase")
    assert (folder / "desk.key").read_bytes() == made[0]


@pytest.mark.parametrize("passphrase", ["eleven long", "", "a line's end\n here", "not unicode \udcff at all"])
def test_a_weak_passphrase_makes_no_key(tmp_path: Path, passphrase: str):
    refused("bad_passphrase", make_desk_key, tmp_path, passphrase)
    assert not has_desk_key(tmp_path)


def test_a_lost_key_is_said_and_not_replaced(folder: Path):
    (folder / "desk.key").unlink()
    refused("secret_missing", make_desk_key, folder, PASSPHRASE)
    refused("secret_missing", open_desk_key, folder, PASSPHRASE)
    (folder / "desk.pub").unlink()
    refused("secret_missing", desk_recipient, folder)


@pytest.mark.parametrize("done", [("desk.key.new",), ("desk.key.new", "desk.pub")])
def test_a_making_cut_short_is_begun_anew(folder: Path, done: tuple[str, ...]):
    (folder / "desk.key").rename(folder / "desk.key.new")
    if "desk.pub" not in done:
        (folder / "desk.pub").unlink()
    assert not has_desk_key(folder)
    recipient = make_desk_key(folder, "another passphrase").recipient
    assert open_desk_key(folder, "another passphrase").recipient == recipient == desk_recipient(folder)


def test_damage_is_told_from_a_wrong_passphrase(folder: Path):
    (folder / "desk.key").write_bytes(b"AGE-SECRET-KEY-1QQQ")
    refused("secret_damaged", open_desk_key, folder, PASSPHRASE)
    for held in (b"", b"age1qqq", b"\xff"):
        (folder / "desk.pub").write_bytes(held)
        refused("secret_damaged", desk_recipient, folder)


def test_a_public_half_that_was_swapped_is_told(folder: Path):
    (folder / "desk.pub").write_text(new_identity().recipient)
    refused("desk_key_differs", open_desk_key, folder, PASSPHRASE)


def test_a_key_file_of_another_text_is_damaged(folder: Path):
    (folder / "desk.key").write_bytes(keys.pyrage.passphrase.encrypt(b"no key", PASSPHRASE))
    refused("secret_damaged", open_desk_key, folder, PASSPHRASE)


OTHER = "staple another battery"


def opened(folder: Path, sealed: bytes, passphrase: str) -> list[bool]:
    """Which of the keys opens it, the present one first."""
    found = []
    for one in open_desk_keys(folder, passphrase):
        try:
            found.append(unseal(sealed, one.secret) == b"words")
        except Tampered:
            found.append(False)
    return found


def test_a_renewed_key_opens_what_came_before_and_the_old_passphrase_nothing(folder: Path):
    before = desk_recipient(folder)
    sealed = seal(b"words", [before])
    recipient = renew_desk_key(folder, OTHER, PASSPHRASE)
    assert recipient == desk_recipient(folder) == open_desk_key(folder, OTHER).recipient != before
    assert opened(folder, sealed, OTHER) == [False, True]
    assert opened(folder, seal(b"words", [recipient]), OTHER) == [True, False]
    refused("wrong_passphrase", open_desk_key, folder, PASSPHRASE)
    refused("wrong_passphrase", renew_desk_key, folder, "a third passphrase", PASSPHRASE)
    refused("bad_passphrase", renew_desk_key, folder, "short", OTHER)


def test_where_the_passphrase_is_lost_the_key_is_kept_and_a_new_one_made(folder: Path, made: tuple[bytes, bytes]):
    sealed = seal(b"words", [desk_recipient(folder)])
    for passphrase in (OTHER, OTHER + "!"):
        renew_desk_key(folder, passphrase, None)
        assert opened(folder, sealed, passphrase) == [False]
    kept = [one.read_bytes() for one in folder.glob("desk.key.lost-*")]
    assert len(kept) == 2
    assert made[0] in kept


@pytest.mark.parametrize("passphrase", [PASSPHRASE, None])
def test_a_renewal_cut_short_is_begun_anew(
    folder: Path, made: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch, passphrase: str | None
):
    write, before = keys.write_whole, desk_recipient(folder)

    def cut(path: Path, data: bytes) -> None:
        if path.name == "desk.pub":
            raise NoRoom("disk_full", "no room", "")
        write(path, data)

    monkeypatch.setattr(keys, "write_whole", cut)
    refused("disk_full", renew_desk_key, folder, OTHER, passphrase)
    monkeypatch.setattr(keys, "write_whole", write)
    assert desk_recipient(folder) == before
    if passphrase is not None:  # both keys are in the file, so nothing sealed meanwhile is lost
        assert open_desk_key(folder, OTHER).recipient == before
    else:
        assert [one.read_bytes() for one in folder.glob("desk.key.lost-*")] == [made[0]]
    recipient = renew_desk_key(folder, "a third passphrase", None if passphrase is None else OTHER)
    assert len(list(folder.glob("desk.key.lost-*"))) == (passphrase is None)
    assert open_desk_key(folder, "a third passphrase").recipient == recipient


def test_where_the_file_is_lost_a_new_key_is_made_too(folder: Path):
    (folder / "desk.key").unlink()
    refused("secret_missing", renew_desk_key, folder, OTHER, PASSPHRASE)
    recipient = renew_desk_key(folder, OTHER, None)
    assert open_desk_key(folder, OTHER).recipient == recipient == desk_recipient(folder)
