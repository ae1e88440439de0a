"""Videos from the command line: hashed, listed, matched, scanned."""

from pathlib import Path

import pytest
from skimage import data

from tests.e2e.test_cli import told
from tests.videos import Form, film

SCENES = [data.chelsea(), data.coffee()]


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "first.mp4").write_bytes(film(SCENES, 4))
    (folder / "copy.avi").write_bytes(film(SCENES, 4, Form("avi", "mpeg4")))
    (folder / "other.mp4").write_bytes(film([data.rocket()], 4))
    (folder / "long name.mov").write_bytes(film(SCENES, 4, Form("mov", "libx265"), mirrored=True))
    return folder


def test_films_are_hashed_listed_matched_and_scanned(films: Path, tmp_path: Path) -> None:
    there = ("--data", tmp_path / "var")
    (hashed,) = told("hash", films / "first.mp4")
    assert [one["kind"] for one in hashed["signals"]] == ["vpdq", "md5", "sha256"]
    assert hashed["media_type"] == "video/mp4"
    assert hashed["video"] == {"seconds_hashed": 3.96, "seconds_told": 4.0, "cut": None}
    told("bank", "new", "Films", *there)
    (added,) = told("bank", "add", "Films", films / "first.mp4", *there)
    assert added["signals"][0]["value"] == hashed["signals"][0]["value"]
    copy, other = told("match", films / "copy.avi", films / "other.mp4", *there)
    assert (copy["verdict"], copy["matches"][0]["kind"], other["verdict"]) == ("match", "vpdq", "no_match")
    found = {Path(line["file"]).name: line for line in told("scan", films, *there)}
    assert {name for name, line in found.items() if line["verdict"] == "match"} == {
        "first.mp4",
        "copy.avi",
        "long name.mov",
    }
    assert found["long name.mov"]["matches"][0]["view"] == "mirror"
