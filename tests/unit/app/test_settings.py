"""Settings: origins in their order, unknown and unfit values named, secrets masked."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from amparo.access.settings import AccessSettings
from amparo.api.settings import APISettings
from amparo.app.settings import Row, Settings, doc_lines, load, read
from amparo.errors import Misconfigured
from amparo.match.settings import MatchSettings
from amparo.media.settings import MediaSettings
from amparo.review.settings import ReviewSettings
from amparo.wire.settings import WireSettings

KEY = "5a" * 32


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """Limits of a shop."""

    apples: int = 3
    """Apples in the shop,
    ripe ones."""
    share: float = 0.5
    """Share of them that is sold."""
    open: bool = True
    """Whether it is open."""
    shelves: int = field(default=2, metadata={"min": 1, "max": 8})
    """Shelves."""


SHOP = {"shop": ShopSettings}


def loaded(tmp_path: Path, text: str = "", **environ: str) -> Settings:
    path = tmp_path / "amparo.toml"
    path.write_text(text)
    return load(path, environ, SHOP)


def rows(settings: Settings) -> dict[str, Row]:
    return {row.key: row for row in settings.table()}


def test_nothing_given_is_all_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path / "none.toml", {}, SHOP)
    assert settings.section(ShopSettings) == ShopSettings()
    assert settings.deployment.data_dir == Path("var")
    assert {row.origin for row in settings.table()} == {"default"}
    assert all(row.doc for row in settings.table())


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    settings = loaded(tmp_path, "[shop]\napples = 5\nshare = 1\n", AMPARO_SHOP_APPLES="7", AMPARO_SHOP_OPEN="false")
    assert settings.section(ShopSettings) == ShopSettings(apples=7, share=1.0, open=False)
    table = rows(settings)
    assert table["shop.apples"] == Row(
        "shop.apples", "7", "environment", "Apples in the shop, ripe ones.", "AMPARO_SHOP_APPLES"
    )
    assert (table["shop.share"].origin, table["shop.shelves"].origin) == ("file", "default")


def test_secrets_are_masked_wherever_settings_are_shown(tmp_path: Path) -> None:
    settings = loaded(tmp_path, AMPARO_WITHDRAWALS_KEY=KEY, AMPARO_API_KEY="hush-hush")
    assert settings.deployment.withdrawals_key == bytes.fromhex(KEY)
    assert settings.deployment.api_key == "hush-hush"
    shown = f"{settings!r} {settings.table()!r}"
    assert "hush-hush" not in shown
    assert KEY not in shown
    assert rows(settings)["api_key"].value == "(set, not shown)"


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("[shop]\npears = 1", {}),
        ("[stall]\napples = 1", {}),
        ("colour = 'red'", {}),
        ("", {"AMPARO_SHOP_PEARS": "1"}),
        ("", {"AMPARO_COLOUR": "red"}),
    ],
)
def test_what_nobody_knows_is_an_error(tmp_path: Path, text: str, environ: dict[str, str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        loaded(tmp_path, text, **environ)
    assert caught.value.slug == "unknown_setting"


def test_a_near_name_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        loaded(tmp_path, "[shop]\naples = 1")
    assert caught.value.hint == "Did you mean shop.apples?"


@pytest.mark.parametrize(
    ("text", "environ", "key"),
    [
        ("[shop]\napples = 'five'", {}, "shop.apples"),
        ("[shop]\napples = true", {}, "shop.apples"),
        ("[shop]\napples = -1", {}, "shop.apples"),
        ("[shop]\napples = 1.5", {}, "shop.apples"),
        ("[shop]\napples = 99999999999999999999", {}, "shop.apples"),
        ("[shop]\nshare = nan", {}, "shop.share"),
        ("[shop]\nshare = inf", {}, "shop.share"),
        ("[shop]\nopen = 1", {}, "shop.open"),
        ("[shop]\nshelves = 0", {}, "shop.shelves"),
        ("[shop]\nshelves = 9", {}, "shop.shelves"),
        ("shop = 3", {}, "shop"),
        ("", {"AMPARO_SHOP_APPLES": "1e3"}, "AMPARO_SHOP_APPLES"),
        ("", {"AMPARO_SHOP_APPLES": ""}, "AMPARO_SHOP_APPLES"),
        ("", {"AMPARO_SHOP_SHARE": "NaN"}, "AMPARO_SHOP_SHARE"),
        ("", {"AMPARO_WITHDRAWALS_KEY": "5a5a"}, "AMPARO_WITHDRAWALS_KEY"),
        ("", {"AMPARO_WITHDRAWALS_KEY": "secret-words"}, "AMPARO_WITHDRAWALS_KEY"),
        ("", {"AMPARO_API_KEY": "two\nlines"}, "AMPARO_API_KEY"),
        ("data_dir = 'elsewhere'", {}, "data_dir"),
    ],
)
def test_what_does_not_fit_names_its_key_and_never_its_value(
    tmp_path: Path, text: str, environ: dict[str, str], key: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        loaded(tmp_path, text, **environ)
    assert caught.value.slug == "bad_setting"
    assert key in caught.value.text
    assert "secret-words" not in caught.value.text


@pytest.mark.parametrize("raw", [b"[shop\n", b"\xff\xfe", b"a = 1\na = 2", b"x" * (1024 * 1024 + 1)])
def test_a_broken_file_is_named_as_such(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "amparo.toml").write_bytes(raw)
    with pytest.raises(Misconfigured) as caught:
        load(tmp_path / "amparo.toml", {}, SHOP)
    assert caught.value.slug == "bad_config"


@pytest.mark.parametrize(
    "environ",
    [
        {"AMPARO_DATABASE_URL": "postgresql://u:hush-hush@host/name"},
        {"AMPARO_DATABASE_URL": "mysql://u:hush-hush@host/name"},
        {"AMPARO_INTAKE_DATABASE_URL": "mysql://u:hush-hush@host/name"},
        dict.fromkeys(
            ("AMPARO_DATABASE_URL", "AMPARO_INTAKE_DATABASE_URL"), "postgresql+psycopg://u:hush-hush@host/name"
        ),
    ],
)
def test_another_database_than_these_two_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        loaded(tmp_path, **environ)
    assert caught.value.slug == "misconfigured"
    assert "hush" not in caught.value.text + caught.value.hint


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://u:hush-hush@host:5432/name", "postgresql+psycopg://u:***@host:5432/name"),
        ("postgresql+psycopg://u:hush@hush:hush@host/name", "postgresql+psycopg://u:***@host/name"),
        ("postgresql+psycopg://host/name?user=u&password=hush-hush", "postgresql+psycopg://host/name?***"),
        ("postgresql+psycopg://u@/name?host=/run/postgresql", "postgresql+psycopg://u@/name?***"),
        ("postgresql+psycopg://host/name", "postgresql+psycopg://host/name"),
        ("sqlite:////var/lib/amparo/name.sqlite", "sqlite:////var/lib/amparo/name.sqlite"),
    ],
)
def test_the_databases_password_is_never_shown(tmp_path: Path, url: str, shown: str) -> None:
    settings = loaded(tmp_path, AMPARO_DATABASE_URL=url, AMPARO_INTAKE_DATABASE_URL=url.replace("name", "other"))
    assert settings.deployment.database_url == url
    assert rows(settings)["database_url"].value == shown
    assert rows(settings)["intake_database_url"].value == shown.replace("name", "other")
    assert "hush" not in f"{settings!r} {settings.table()!r}"


def test_read_finds_the_file_of_the_data_folder_or_the_one_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "amparo.toml").write_text("[shop]\napples = 4")
    settings = read(tmp_path, {}, SHOP)
    assert (settings.section(ShopSettings).apples, settings.deployment.data_dir) == (4, tmp_path)
    assert rows(settings)["data_dir"].origin == "argument"
    named = tmp_path / "other.toml"
    named.write_text("data_dir = 'here'\n[shop]\napples = 6")
    settings = read(None, {"AMPARO_CONFIG": str(named)}, SHOP)
    assert (settings.section(ShopSettings).apples, settings.deployment.data_dir) == (6, Path("here"))
    with pytest.raises(Misconfigured):
        read(None, {"AMPARO_CONFIG": str(tmp_path / "gone.toml")}, SHOP)


def test_every_section_of_the_rooms_can_be_read_and_tells_its_lines() -> None:
    rooms = (AccessSettings, APISettings, MatchSettings, MediaSettings, WireSettings)
    settings = load(Path("none.toml"), {}, {cls.__name__.removesuffix("Settings").lower(): cls for cls in rooms})
    for cls in rooms:
        assert settings.section(cls) == cls()
        assert set(doc_lines(cls)) == set(cls.__dataclass_fields__)


def test_what_other_processes_read_is_passed_over_and_nothing_else(tmp_path: Path) -> None:
    text = "[far]\nthing = 1\n[shop]\napples = 7\n"
    with pytest.raises(Misconfigured, match="far"):
        loaded(tmp_path, text)
    environ = {"AMPARO_FAR_THING": "1"}
    passed = load(tmp_path / "amparo.toml", environ, SHOP, elsewhere={"far"})
    assert rows(passed)["shop.apples"].value == "7"
    for unknown in ({"AMPARO_FARTHING": "1"}, {"AMPARO_NEAR_THING": "1"}):
        with pytest.raises(Misconfigured) as caught:
            load(tmp_path / "amparo.toml", unknown, SHOP, elsewhere={"far"})
        assert caught.value.slug == "unknown_setting"


@pytest.mark.parametrize("word", ["none", "sealed", "fetch"])
def test_a_setting_of_a_few_words_takes_each_of_them(tmp_path: Path, word: str) -> None:
    path = tmp_path / "amparo.toml"
    path.write_text(f'[review]\nmedia = "{word}"\n')
    assert load(path, {}, {"review": ReviewSettings}).section(ReviewSettings).media == word
    assert load(tmp_path / "no", {"AMPARO_REVIEW_MEDIA": word}, {"review": ReviewSettings}).rows


@pytest.mark.parametrize("given", ['"all"', '""', "1", "true", '["none"]'])
def test_a_setting_of_a_few_words_takes_nothing_else(tmp_path: Path, given: str) -> None:
    path = tmp_path / "amparo.toml"
    path.write_text(f"[review]\nmedia = {given}\n")
    with pytest.raises(Misconfigured) as caught:
        load(path, {}, {"review": ReviewSettings})
    assert caught.value.slug == "bad_setting"
    assert "none, sealed, fetch" in caught.value.text
