"""What may lie in the repository: names, no media, no addresses of registries. Reads files, not what they mean."""

import os
import re

import pytest

from tests.tidy.tree import CODE_ROOTS, ROOT, files

VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc", "stuff"}
PICTURES = "docs/pictures/"
MEDIA = re.compile(
    r"\.(jpe?g|png|gif|webp|avif|heic|heif|bmp|tiff?|ico|psd|jxl|mp[34]|m4[av]|mov|mkv|avi|webm|ogg|wav|flac|pdf|zip|gz|xz|zst|7z|tar|whl"
    r"|woff2?|ttf|otf|eot|so|pyd|dll|exe|npy|npz|pkl|pickle|db|sqlite3?|deb|min\.js|min\.css)$",
    re.IGNORECASE,
)
LOCKS = re.compile(r"(^requirements/.*\.txt|package-lock\.json|\.lock|^pylock.*\.toml)$")
# Put together here, so that this file does not hold them either.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("files", "pythonhosted", "org"), ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"), ("crates", "io"), ("proxy", "golang", "org"), ("repo", "maven", "apache", "org"),
    )
]  # fmt: skip
SIZE_BYTES_MAX = 1_000_000


def text_of(name: str) -> str:
    return (ROOT / name).read_bytes().decode("utf-8")


def test_there_are_files_to_read():
    assert "pyproject.toml" in files()


@pytest.mark.parametrize("root", CODE_ROOTS)
def test_names_say_something(root):
    vague = [
        name
        for name in files()
        if name.startswith(f"{root}/") and VAGUE & {part.split(".")[0].strip("_").lower() for part in name.split("/")}
    ]
    assert not vague, f"name it after the work it does: {vague}"


def test_no_media_fonts_archives_or_built_files():
    found = [name for name in files() if MEDIA.search(name) and not name.startswith(PICTURES)]
    assert not found, (
        f"tests make their media, or take them from packages (tests/photos.py); nothing of the kind is committed: {found}"
    )


def test_everything_else_is_text_of_a_sensible_size():
    for name in files():
        if name.startswith(PICTURES):
            continue
        raw = (ROOT / name).read_bytes()
        assert b"\0" not in raw, f"{name} is binary"
        assert len(raw) <= SIZE_BYTES_MAX, f"{name} is {len(raw)} bytes long"
        raw.decode("utf-8")


def test_no_data_in_the_clothes_of_text():
    """A picture can hide in base64: no line of 2,000 letters without a blank."""
    found = [
        name for name in files() if not name.startswith(PICTURES) and re.search(r"[A-Za-z0-9+/]{2000}", text_of(name))
    ]
    assert not found, found


def test_locks_hold_no_address():
    found = [name for name in files() if LOCKS.search(name) and re.search(r"https?:|git\+|file:", text_of(name))]
    assert not found, f"make them again: `./amparo lock`: {found}"
    assert {"requirements/run.txt", "requirements/dev.txt"} <= set(files())


def test_locks_are_hashed():
    for name in ("requirements/run.txt", "requirements/dev.txt"):
        pins = re.findall(r"^[a-z0-9._-]+==(?:[^\n\\]|\\\n)*", text_of(name), re.IGNORECASE | re.MULTILINE)
        assert len(pins) > 10
        assert all("--hash=sha256:" in pin for pin in pins), name


def test_no_registry_is_named():
    found = [
        (name, host)
        for name in files()
        if not name.startswith(PICTURES)
        for host in REGISTRIES
        if host in text_of(name).lower()
    ]
    assert not found, f"packages are named, where they come from is each machine's affair: {found}"


def test_what_can_be_run_says_by_what():
    for name in files():
        runs = os.access(ROOT / name, os.X_OK)
        assert not runs or text_of(name).startswith("#!"), f"{name} may be run, but does not say by what"
    assert os.access(ROOT / "amparo", os.X_OK)
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_ci_runs_the_suite():
    assert re.search(r"amparo\"? test$", text_of(".ci/run"), re.MULTILINE)


@pytest.mark.parametrize("command", ["./amparo run", "./amparo test"])
def test_the_readme_names_both_commands(command):
    assert command in text_of("README.md")
