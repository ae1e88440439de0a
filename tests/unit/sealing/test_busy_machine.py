"""A desk key opens on a busy machine too: the library's hasty refusal is asked again, a wrong passphrase is not asked for ten seconds."""

import time
from pathlib import Path

import pyrage
import pytest

from amparo.errors import BadInput
from amparo.sealing import keys
from amparo.sealing.age import new_identity

HEAD = b"age-encryption.org/v1\n-> scrypt c2FsdHNhbHRzYWx0c2FsdA "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = new_identity()
    (tmp_path / keys.PUBLIC).write_text(made.recipient)
    (tmp_path / "secret").write_text(made.secret)
    return tmp_path


def put(folder: Path, power: int) -> None:
    (folder / keys.PRIVATE).write_bytes(HEAD + str(power).encode() + b"\nbody\n")


def test_a_refusal_without_the_work_is_asked_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, 20)
    asked = []

    def busy(_locked: bytes, _passphrase: str) -> bytes:
        asked.append(1)
        if len(asked) < 4:
            raise pyrage.DecryptError("Decryption failed")
        return (folder / "secret").read_bytes()

    monkeypatch.setattr(pyrage.passphrase, "decrypt", busy)
    assert keys.open_desk_key(folder, "x" * 12).secret == (folder / "secret").read_text()
    assert len(asked) == 4


@pytest.mark.parametrize("power", [10, 18])
def test_a_wrong_passphrase_is_told_after_its_work(folder: Path, monkeypatch: pytest.MonkeyPatch, power: int) -> None:
    put(folder, power)
    asked = []

    def wrong(_locked: bytes, _passphrase: str) -> bytes:
        asked.append(1)
        time.sleep(2**power * 1e-6)
        raise pyrage.DecryptError("Decryption failed")

    monkeypatch.setattr(pyrage.passphrase, "decrypt", wrong)
    with pytest.raises(BadInput) as refused:
        keys.open_desk_key(folder, "x" * 12)
    assert refused.value.slug == "wrong_passphrase"
    assert len(asked) == 1


def test_a_machine_that_never_can_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, 22)

    def never(_locked: bytes, _passphrase: str) -> bytes:
        raise pyrage.DecryptError("Decryption failed")

    monkeypatch.setattr(pyrage.passphrase, "decrypt", never)
    monkeypatch.setattr(keys, "MEASURED_ANEW_S", 0.2)
    with pytest.raises(BadInput) as refused:
        keys.open_desk_key(folder, "x" * 12)
    assert refused.value.slug == "wrong_passphrase"
