"""Accounts from the command line and at the first start: links, who may read at once, the console's secret in backups and before the doctor."""

from pathlib import Path

import pytest

from amparo.app.backup import backup
from amparo.app.clock import SystemClock
from amparo.app.doctor.model import Installation
from amparo.app.doctor.staff import staff as examined
from amparo.app.intake import prepare_intake
from amparo.app.restore import restore
from amparo.app.rooms import Rooms
from amparo.app.staff import console_secret, desk_keys, invite_first, site_of, staff_with_secret
from amparo.cli.main import main
from amparo.errors import Misconfigured
from tests.integration.installed import environ, installed, settings
from tests.integration.staffing import Office, office
from tests.ledgers import LEDGERS


def here(rooms: Rooms) -> Office:
    return office(rooms.db, rooms.clock, console_secret(rooms))


def states(folder: Path) -> list[tuple[str, str]]:
    own = settings(folder)
    return [(one.state, one.text) for one in examined(Installation(own, folder.absolute(), SystemClock()))]


@pytest.mark.once
def test_the_first_start_says_one_link_and_whoever_uses_it_reads_at_once(tmp_path: Path, capsys) -> None:
    with installed(tmp_path / "a") as house:
        keys = desk_keys(house.settings)
        assert keys
        assert prepare_intake(house.settings) == ()  # it was made before
        invite_first(house.rooms, 8802, keys)
        said = capsys.readouterr().err
        [link] = [line.rpartition(" ")[2] for line in said.splitlines() if "/sign-up/" in line]
        assert link.startswith("http://localhost:8802/sign-up/")
        assert "with it comes the desk key" in said
        invite_first(house.rooms, 8802, ())
        assert "an earlier start can still be used" in capsys.readouterr().err
        assert states(tmp_path / "a") == [
            ("ok", "nobody of the staff has an account yet; `amparo staff invite` makes a link")
        ]
        made = here(house.rooms)
        made.join("auditor", "first")
        invite_first(house.rooms, 8802, ())
        assert capsys.readouterr().err == ""
        made.passkeys["ann"] = made.passkeys["first"]
        made.passkeys["ann"].credential = b"another one"
        made.tokens["ann"] = made.sign_up(link.rpartition("/")[2], "ann")
        ann = made.principal("ann")
        assert ann.role == "admin"
        assert [one.secret for one in made.staff.keys_of(ann, "desk")] == [one.secret for one in keys]
        assert [one for one, _ in states(tmp_path / "a")] == ["ok"]


@pytest.mark.once
def test_links_lists_and_ends_by_command(tmp_path: Path, capsys, monkeypatch) -> None:
    folder = tmp_path / "a"
    for name, value in environ(folder, CONSOLE_PUBLIC_URL="https://console.example/").items():
        monkeypatch.setenv(name, value)
    with installed(folder) as house:
        assert main(["staff", "invite", "--data", str(folder)]) == 0
        told = capsys.readouterr()
        assert told.out.startswith("https://console.example/sign-up/")
        assert "signs up as admin" in told.err
        assert "does not come with it" not in told.err  # the passphrase is set
        made = here(house.rooms)
        made.join("admin", "Ann")
        made.join("lead", "Ben")
        assert main(["staff", "invite", "--data", str(folder)]) == 0
        assert "signs up as reviewer" in capsys.readouterr().err
        assert main(["staff", "link", "ben", "--data", str(folder)]) == 0
        assert "/sign-up/" in capsys.readouterr().out
        assert main(["staff", "end", "BEN", "--data", str(folder)]) == 0
        assert main(["staff", "end", "ann", "--data", str(folder)]) == 2
        assert "nobody else is an admin" in capsys.readouterr().err
        assert main(["staff", "end", "nobody", "--data", str(folder)]) == 2
        assert main(["staff", "list", "--data", str(folder)]) == 0
        lines = [line.split("\t")[:3] for line in capsys.readouterr().out.splitlines()]
        assert lines == [["Ann", "admin", "live"], ["Ben", "lead", "ended"]]
        assert main(["staff", "list", "--jsonl", "--data", str(folder)]) == 0
        assert '"role":"lead"' in capsys.readouterr().out


@pytest.mark.once
def test_the_console_key_is_backed_up_looked_for_and_never_made_twice(tmp_path: Path) -> None:
    folder, key = tmp_path / "a", tmp_path / "a" / "secrets" / "console.key"
    with installed(folder) as house:
        made = here(house.rooms)
        made.join("admin", "ann")
        assert [one for one, _ in states(folder)] == ["ok", "warn"]  # nobody holds the desk key
        token, held = made.tokens["ann"], key.read_bytes()
        backup(house.settings.deployment, tmp_path / "b", SystemClock())
        key.unlink()
        with pytest.raises(Misconfigured) as refused:
            staff_with_secret(house.rooms)
        assert refused.value.slug == "secret_missing"
        assert not key.exists()
        assert [one for one, _ in states(folder)] == ["bad"]
    LEDGERS.renew(tmp_path / "r")
    restore(settings(tmp_path / "r"), tmp_path / "b", None, SystemClock())
    assert (tmp_path / "r" / "secrets" / "console.key").read_bytes() == held
    with installed(tmp_path / "r") as restored:
        assert staff_with_secret(restored.rooms).principal(token).name == "ann"


def test_passkeys_belong_to_the_host_staff_come_to(tmp_path: Path) -> None:
    def site(**more: str) -> tuple[str, str]:
        found = site_of(settings(tmp_path, **more), 8802)
        return found.rp_id, found.origin

    assert site() == ("localhost", "http://localhost:8802")
    assert site(CONSOLE_PUBLIC_URL="https://Console.Example/") == ("console.example", "https://console.example")
    assert site(CONSOLE_PUBLIC_URL="https://c.example:8443") == ("c.example", "https://c.example:8443")
