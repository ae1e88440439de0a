"""The limits of all rooms: none can be set to nothing, and children are shared out among workers."""

from dataclasses import fields
from pathlib import Path

import pytest

from amparo.app.api import media_share
from amparo.app.rooms import SECTIONS
from amparo.app.settings import load
from amparo.errors import Misconfigured
from amparo.media.settings import MediaSettings

MAY_BE_ZERO = {
    "media.children",  # a share of the cores
    "media.lesser_uid",  # root stays root
    "review.undo_standing_per_day",  # none
    "uploads.keep_days",  # off
    "match.video_query_share_min",  # one frame is enough
    "match.video_content_share_min",
    "wire.fetch_redirects_max",  # none is followed
}
NUMBERS = sorted(
    f"{name}.{each.name}" for name, cls in SECTIONS.items() for each in fields(cls) if each.type in (int, float)
)


def variable(key: str) -> str:
    return "AMPARO_" + key.replace(".", "_").upper()


def test_there_are_limits_to_check() -> None:
    assert {"wire.call_ms_max", "api.in_flight_max", "media.children", "match.flood_factor"} <= set(NUMBERS)


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_limit_of_nothing_is_refused(key: str, value: str) -> None:
    if value == "0" and key in MAY_BE_ZERO:
        load(Path("none.toml"), {variable(key): value}, SECTIONS)
        return
    with pytest.raises(Misconfigured) as caught:
        load(Path("none.toml"), {variable(key): value}, SECTIONS)
    assert caught.value.slug == "bad_setting"
    assert variable(key) in caught.value.text


@pytest.mark.parametrize(("cores", "workers", "children"), [(2, 2, 1), (8, 1, 8), (8, 3, 3), (1, 4, 1), (4, 64, 1)])
def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch, cores: int, workers: int, children: int) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert media_share(MediaSettings(), workers).children == children
    assert media_share(MediaSettings(children=7), workers).children == 7
