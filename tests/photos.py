"""Photographs and drawings for tests, from wallpaper packages and scikit-image's data. None is committed, none shows a person.

Not a test. The first call fetches and unpacks the packages of requirements/photos.txt into .cache/photos; later ones read that.
"""

import fcntl
import functools
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from amparo.hashing import hash_pixels

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "photos"
QUALITY_MIN = 80
PHOTOGRAPHS_MIN = 40
PICTURES_MIN = 60
NEAR_BITS = 40  # nearer than this and it is the same picture again


@dataclass(frozen=True)
class Photo:
    """name: package and file's stem. path: the file as its package ships it."""

    name: str
    path: Path

    @property
    def shipped_mode(self) -> str:
        """The library's word for what the file holds: RGB, RGBA, L, LA, P."""
        with Image.open(self.path) as opened:
            return opened.mode

    def array(self, max_side: int | None = None, mode: str = "RGB") -> NDArray[np.uint8]:
        """The pixels as the library decodes them: uint8[H, W, 3] for RGB, [H, W] for L; longer side at most ``max_side``."""
        with Image.open(self.path) as opened:
            picture = opened.convert(mode)
        if max_side is not None:
            picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
        return np.asarray(picture)

    def rgb(self, max_side: int | None = None) -> NDArray[np.uint8]:
        """uint8[H, W, 3]."""
        return self.array(max_side, "RGB")


def packages() -> list[str]:
    """What requirements/photos.txt lists, in its order."""
    return listed(ROOT / "requirements" / "photos.txt")


def listed(path: Path) -> list[str]:
    """The names in a list of one a line, ``#`` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def fetch(package: str) -> Path:
    """The unpacked package; fetched when it is not there yet. Two processes may ask at once."""
    folder = CACHE / package
    if folder.is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
                deb = download(package, Path(scratch))
                subprocess.run(["dpkg-deb", "-x", deb, f"{scratch}/unpacked"], check=True)
                Path(scratch, "unpacked").rename(folder)
    return folder


def download(package: str, folder: Path) -> Path:
    """The package's file, by apt, which checks its signature; the lists are brought up to date first where they must."""
    if shutil.which("apt-get") is None:
        raise RuntimeError(f"tests take photographs from Debian's package {package}: unpack it into {CACHE / package}")
    command = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", package]
    if subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode:
        if os.geteuid() == 0:
            subprocess.run(["apt-get", "update", "-qq"], check=True)
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"cannot fetch {package}; run `apt-get update` as root\n{done.stderr}")
    return next(folder.glob("*.deb"))


def choice(part: str) -> Iterator[Photo]:
    """The files tests/photos.toml lists under ``part``, in its order; those this release of a package lacks are left out."""
    for package, names in tomllib.loads((ROOT / "tests" / "photos.toml").read_text())[part].items():
        if package == "scikit-image":
            folder = Path(skimage.__file__).parent / "data"
        else:
            folder = fetch(package) / "usr" / "share"
        for name in names:
            path = folder / name
            stem = path.parts[-4] if "contents" in path.parts else path.stem
            if path.is_file():
                yield Photo(f"{package}/{stem}", path)


@functools.cache
def photographs() -> tuple[Photo, ...]:
    """At least 40 photographs of quality 80 or more, no two of them the same picture; the same order each time."""
    chosen: list[Photo] = []
    codes: list[NDArray[np.uint8]] = []
    for photo in choice("photographs"):
        hashed = hash_pixels(photo.rgb(max_side=512))
        code = np.frombuffer(hashed.pdq, np.uint8)
        known = any(int(np.bitwise_count(code ^ other).sum()) <= NEAR_BITS for other in codes)
        if hashed.quality >= QUALITY_MIN and not known:
            chosen.append(photo)
            codes.append(code)
    assert len(chosen) >= PHOTOGRAPHS_MIN, f"only {len(chosen)} photographs: list more in tests/photos.toml"
    return tuple(chosen)


@functools.cache
def pictures() -> tuple[Photo, ...]:
    """At least 60: the photographs, then drawings of other modes, sizes and qualities, down to none."""
    chosen = (*photographs(), *choice("drawings"))
    assert len(chosen) >= PICTURES_MIN, f"only {len(chosen)} pictures: list more in tests/photos.toml"
    return chosen
