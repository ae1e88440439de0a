"""The wheel by itself: built, installed without the source tree, with the packages it asks for and no other."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from PIL import Image
from skimage import data

from tests.e2e.running import free_ports

ROOT = Path(__file__).parents[2]
BUILT_FROM = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "src")
NOT_SOURCE = shutil.ignore_patterns("*.so", "*.egg-info", "__pycache__", "build")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
KERNELS = {"amparo/hashing/_pdq.abi3.so", "amparo/index/_hamming.abi3.so", "amparo/index/_stream.abi3.so"}
TELL = """
import numpy as np, amparo.hashing, amparo.index
from importlib.metadata import version
from pathlib import Path
ran = amparo.hashing.self_test()
pixels = np.random.default_rng(7).integers(0, 256, (517, 389, 3), dtype=np.uint8)
hashed = amparo.hashing.hash_pixels(pixels)
print(version("amparo"), amparo.__version__, Path(amparo.__file__).parent)
print(amparo.hashing.kernel(), amparo.index.kernel())
print(sorted(ran.items()), hashed.pdq.hex(), hashed.quality)
"""


class Installed:
    """An environment that holds one wheel, and of everything else only what the wheel's metadata asks for."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder, with_pip=False, symlinks=True)
        self.folder = folder
        self.python = folder / "bin" / "python"
        install(self.python, wheel)
        packages = folder / "packages"
        packages.mkdir()
        for name in asked_for(wheel):
            show(distribution(name), packages)
        site = next(folder.glob("lib/python*/site-packages"))
        (site / "packages.pth").write_text(f"{packages}\n")

    def run(self, *command: str, program: str = "python") -> str:
        """What it prints to stdout; it must succeed."""
        done = subprocess.run(
            [self.folder / "bin" / program, *command],
            cwd=self.folder, env=clean_environment(), capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tell(self) -> list[str]:
        return self.run("-I", "-c", TELL).splitlines()


def clean_environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AMPARO_", "VIRTUAL_"))}
    return {**kept, **more}


def build(folder: Path, **environ: str) -> Path:
    """Build the wheel from a copy of the sources, with the environment's own setuptools: nothing is fetched."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name in BUILT_FROM:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, source / name, ignore=NOT_SOURCE)
        else:
            shutil.copy(place, source / name)
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder / "dist"),
        str(source),
    ]
    done = subprocess.run(command, env=clean_environment(**environ), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (folder / "dist").iterdir()
    return wheel


def install(python: Path, wheel: Path) -> None:
    """As `./amparo` does it: by uv where there is one, else by pip."""
    uv = shutil.which("uv")
    installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip", "--python", str(python)]
    place = ["--python", str(python)] if uv else ["--no-index", "--disable-pip-version-check"]
    command = [*installer, "install", "--quiet", "--no-deps", *place, str(wheel)]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def asked_for(wheel: Path) -> set[str]:
    """The names of all packages that the wheel's metadata asks for, and those that they ask for."""
    with zipfile.ZipFile(wheel) as packed:
        (metadata,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        lines = packed.read(metadata).decode().splitlines()
    waiting = [line.partition(":")[2] for line in lines if line.startswith("Requires-Dist:")]
    found: set[str] = set()
    while waiting:
        wanted = Requirement(waiting.pop().strip())
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        if name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found.add(name)
            waiting += distribution(name).requires or []
    return found


def show(package: Distribution, folder: Path) -> None:
    """Make one installed package visible in ``folder``."""
    for part in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
        link, place = folder / part, Path(str(package.locate_file(part)))
        if not link.exists() and place.exists():
            link.symlink_to(place)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


@pytest.fixture(scope="module")
def without_compiler(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Installed]:
    folder = tmp_path_factory.mktemp("plain")
    wheel = build(folder, CC="false", CXX="false")
    return wheel, Installed(folder / "installed", wheel)


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


def test_everything_that_is_read_at_run_time_is_in_the_wheel(wheel: Path) -> None:
    source = ROOT / "src"
    suffixes = {
        ".py", ".json", ".mako", ".ini", ".typed", ".toml", ".po", ".js", ".css", ".svg", ".html", ".txt",
    }  # fmt: skip
    read = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.suffix in suffixes}
    read = {name for name in read if ".egg-info" not in name and "__pycache__" not in name}
    assert any("/migrations/versions/" in name for name in read)
    assert any(name.endswith(".vectors.json") for name in read)
    assert read - names_in(wheel) == set()


@pytest.mark.parametrize(
    ("file", "package", "licence", "name"),
    [
        ("web/static/vendor/mediabunny.js", "mediabunny", "Mozilla Public License Version 2.0", "BlobSource"),
        ("console/static/vendor/htmx.js", "htmx.org", "Zero-Clause BSD", "hx-get"),
        ("console/static/vendor/uplot.js", "uplot", "The MIT License", "u-legend"),
    ],
)
def test_the_bundled_browser_code_is_in_the_wheel_with_its_licences(
    wheel: Path, file: str, package: str, licence: str, name: str
) -> None:
    folder = f"amparo/{file}".rpartition("/")[0]
    with zipfile.ZipFile(wheel) as packed:
        licences, code = packed.read(f"{folder}/LICENSES.txt").decode(), packed.read(f"amparo/{file}").decode()
    pinned = json.loads((ROOT / "package.json").read_text())["dependencies"][package]
    assert f'Its source is the npm package "{package}", version {pinned}.' in licences
    assert licence in licences
    assert name in code


def test_nothing_the_browser_code_was_bundled_from_or_by_is_in_the_wheel(wheel: Path) -> None:
    vendor = {name.rpartition("/")[2] for name in names_in(wheel) if "/static/vendor/" in name}
    assert vendor == {"mediabunny.js", "htmx.js", "uplot.js", "uplot.css", "LICENSES.txt"}
    assert not [name for name in names_in(wheel) if "node_modules" in name or name.endswith(".mjs")]


def test_the_kernels_are_in_the_wheel_and_nothing_of_the_tests_is(wheel: Path) -> None:
    names = names_in(wheel)
    assert KERNELS - names == set()
    assert {name.partition("/")[0] for name in names} == {"amparo", f"amparo-{VERSION}.dist-info"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert "abi3" in wheel.name


def test_installed_alone_it_passes_its_self_test_with_the_kernels(installed: Installed) -> None:
    versions, kernels, _ = installed.tell()
    told, own, place = versions.split(" ", 2)
    assert (told, own) == (VERSION, VERSION)
    assert Path(place).is_relative_to(installed.folder)
    assert all(name.startswith("c") for name in kernels.split())


def test_without_a_compiler_the_numpy_code_gives_the_same_hashes(
    installed: Installed, without_compiler: tuple[Path, Installed]
) -> None:
    wheel, plain = without_compiler
    assert KERNELS & names_in(wheel) == set()
    _, kernels, hashes = plain.tell()
    assert kernels == "numpy numpy"
    assert hashes == installed.tell()[2]


def test_the_command_helps_and_works_over_a_new_folder(installed: Installed, tmp_path: Path) -> None:
    assert "run" in installed.run("--help", program="amparo")
    picture, ledger = tmp_path / "cat.png", str(tmp_path / "var")
    Image.fromarray(data.chelsea()).save(picture)
    installed.run("bank", "new", "Demo", "--data", ledger, program="amparo")
    installed.run("bank", "add", "Demo", str(picture), "--data", ledger, program="amparo")
    told = installed.run("match", str(picture), "--data", ledger, "--jsonl", program="amparo")
    assert '"verdict":"match"' in told


def test_it_serves(installed: Installed, tmp_path: Path) -> None:
    base = free_ports()
    command = [installed.folder / "bin" / "amparo", "run", "--data", str(tmp_path / "var"), "--port-base", str(base)]
    log = tmp_path / "log"
    with (
        log.open("wb") as err,
        subprocess.Popen(
            [*command, "--workers", "1"], cwd=tmp_path, env=clean_environment(), stdout=subprocess.PIPE, stderr=err,
            text=True,
        ) as process,
    ):  # fmt: skip
        try:
            assert process.stdout is not None
            assert (
                process.stdout.readline()
                == f"ready api=http://localhost:{base} portal=http://localhost:{base + 1} console=http://localhost:{base + 2}\n"
            ), log.read_text()
        finally:
            process.terminate()
        assert process.wait(60) == 0
