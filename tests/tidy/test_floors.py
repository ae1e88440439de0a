"""The import contracts catch what they are for: each gets a violation planted in a copy of src. Judges no other rule."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(CONFIG.read_text())["tool"]["importlinter"]["contracts"]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# contract, file it is planted in (made when it is not there), the line planted
PLANTED = [
    ("floors", "terms/clock.py", "import amparo.store.db"),
    ("floors", "store/db.py", "import amparo.wire"),
    ("floors", "media/__init__.py", "import amparo.access"),
    ("floors", "web/guard.py", "import amparo.intake"),
    ("floors", "doorway/bodies.py", "import amparo.web.forms"),
    ("floors", "banks/__init__.py", "import amparo.match"),
    ("floors", "uploads/__init__.py", "import amparo.banks"),
    ("floors", "uploads/planted.py", "import amparo.media"),
    ("floors", "sealing/planted.py", "import amparo.intake"),
    ("floors", "store/planted.py", "import amparo.sealing"),
    ("floors", "errors.py", "import amparo.terms"),
    ("floors", "match/__init__.py", "def late():\n    import amparo.api"),
    ("floors", "api/__init__.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import amparo.app"),
    ("floors", "helpers/__init__.py", "import json"),
    ("pure", "index/__init__.py", "import sqlite3"),
    ("pure", "terms/planted.py", "import subprocess"),
    ("sealing-apart", "sealing/planted.py", "import amparo.store.sqlite"),
    ("sealing-apart", "sealing/age.py", "def late():\n    import socket"),
    ("portal-closure", "portal/planted.py", "import amparo.banks.model"),
    ("portal-closure", "intake/planted.py", "from amparo.access import model"),
    ("portal-closure", "portal/planted.py", "def late():\n    import PIL"),
    ("portal-closure", "app/portal.py", "from amparo.app import rooms"),
    ("portal-closure", "app/word.py", "def late():\n    import amparo.banks"),
    ("portal-closure", "doorway/bodies.py", "import amparo.media.model"),
    ("portal-closure", "web/guard.py", "def late():\n    import amparo.wire"),
    ("one-decoder", "hashing/planted.py", "from PIL import Image"),
    ("one-decoder", "cli/planted.py", "def late():\n    import pi_heif"),
    ("decoders-apart", "media/pool.py", "def late():\n    import amparo.media.child"),
    ("decoders-apart", "app/health.py", "import amparo.app.doctor.machine"),
    ("one-door-out", "match/planted.py", "import httpx"),
    ("one-door-out", "app/planted.py", "import socket"),
    ("one-door-out", "uploads/planted.py", "def late():\n    import distributed"),
    ("no-pickle", "media/planted.py", "import multiprocessing.pool"),
    ("no-pickle", "wire/planted.py", "import pickle"),
    ("rows-private-access", "api/planted.py", "from amparo.access import rows"),
    ("rows-private-banks", "match/planted.py", "import amparo.banks.rows"),
    ("floors", "cases/planted.py", "import amparo.match"),
    ("rows-private-cases", "app/planted.py", "import amparo.cases.reading_rows"),
    ("rows-private-match", "api/planted.py", "import amparo.match.rows"),
    ("rows-private-review", "api/planted.py", "import amparo.review.work_rows"),
    ("rows-private-intake", "api/planted.py", "from amparo.intake import rows"),
    ("plug-ins-apart-kinds", "hashing/kinds/md5.py", "import amparo.hashing.kinds.sha256"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of src to plant in, and what says which contracts it breaks."""
    folder = tmp_path_factory.mktemp("floors")
    ignore = shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", folder / "src", ignore=ignore)
    return folder


def broken(folder: Path, only: str | None = None) -> tuple[int, str]:
    """Exit status and report of the linter over that copy."""
    limit = ["--contract", only] if only else []
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--config", str(CONFIG), *limit],
        cwd=folder / "src",
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_copy_as_it_is_keeps_every_contract(copy):
    status, report = broken(copy)
    assert status == 0, report
    assert f"{len(CONTRACTS)} kept, 0 broken" in report


@pytest.mark.parametrize(("contract", "file", "line"), PLANTED, ids=[f"{p[0]}-{p[1]}" for p in PLANTED])
def test_a_planted_violation_is_caught_by_its_contract(copy, contract, file, line):
    path = copy / "src/amparo" / file
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text((before or "") + f"\n{line}\n")
    try:
        status, report = broken(copy, contract)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    assert status == 1, report
    assert "0 kept, 1 broken" in report


def test_every_contract_has_a_planted_violation():
    assert {contract["id"] for contract in CONTRACTS} == {contract for contract, _, _ in PLANTED}


def test_every_room_with_rows_keeps_them_private():
    rooms = {path.parent.name for path in (ROOT / "src/amparo").glob("*/rows.py")}
    private = {module for contract in CONTRACTS for module in contract.get("protected_modules", [])}
    missing = {f"amparo.{room}.rows" for room in rooms} - private
    assert not missing, f"add a contract rows-private-<room> to pyproject.toml, and a planted violation here: {missing}"


def test_every_plug_in_folder_is_kept_apart():
    folders = {
        path
        for name in ("kinds", "formats", "sources", "partners")
        for path in (ROOT / "src/amparo").glob(f"*/{name}/")
    }
    apart = {module for contract in CONTRACTS if contract["type"] == "independence" for module in contract["modules"]}
    missing = {f"amparo.{path.parent.name}.{path.name}.*" for path in folders} - apart
    assert not missing, (
        f"add a contract plug-ins-apart-<folder> to pyproject.toml, and a planted violation here: {missing}"
    )
