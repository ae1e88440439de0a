"""Pictures of every page of the portal (with --console: of the console), of a service of its own: `python -m docs.make_pictures [FOLDER] [--language TAG…] [--docs]`.

Into FOLDER (else a new temporary one) goes each page in each language, 320 and 1280 pixels wide, as PNG, to be looked at by people;
with --docs a few of them, small, into docs/pictures/ as well. Needs Chromium (requirements/debian.txt). Judges nothing.
"""
# ruff: noqa: INP001, T201 - a script beside the pages it writes, no package; it tells where the pictures are

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from PIL import Image
from skimage import data

from docs.console_pictures import LANGUAGES as CONSOLE_LANGUAGES
from docs.console_pictures import console_pictures
from tests.browser.chromium import Chromium, ChromiumPage
from tests.browser.page import Looks
from tests.browser.walking import Walk
from tests.e2e.running import Service, started

PICTURES = Path(__file__).resolve().parent / "pictures"
LANGUAGES = ("en", "zh-Hans", "zh-Hant", "ko", "ms")
WIDTHS = {320: 640, 1280: 800}
"""Width to the least height, CSS pixels."""
CHOSEN = (
    ("zh-Hant", "language", 320),
    ("ko", "happened", 320),
    ("en", "files.chosen", 320),
    ("ms", "receipt", 320),
    ("zh-Hans", "case.found", 320),
)
"""What the README shows."""
CONSOLE_CHOSEN = ("console-card-match-en-1280-light.png", "console-queue-zh-Hans-390-dark.png")
COLOURS = 64


def main() -> None:
    """Walk, and say where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="where to (default: a new temporary folder)")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="only this one; may be given again")
    parser.add_argument("--console", action="store_true", help="the console's pages in place of the portal's")
    parser.add_argument("--docs", action="store_true", help="write a few into docs/pictures/ too")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="amparo-pictures-"))
    folder.mkdir(parents=True, exist_ok=True)
    if given.console:
        print(f"{console_pictures(folder, given.language or CONSOLE_LANGUAGES)} pictures\n{folder}")
        for name in CONSOLE_CHOSEN if given.docs else ():
            small(folder / name, PICTURES / name)
        return
    languages = given.language or list(LANGUAGES)
    with tempfile.TemporaryDirectory() as scratch, started(Path(scratch), "--workers", "1") as service:
        service.ready_line()
        files = list(chosen_files(Path(scratch)))
        service.command("client", "new", "Harbour")
        platform = service.command("key", "new", "pictures", "--client", "Harbour", "--role", "platform")
        chromium = Chromium()
        try:
            for language in languages:
                with chromium.page(Looks(language=language)) as page:
                    take(Taking(page, service, language, files, folder), platform)
                print(f"{language}: {len(list(folder.glob(f'{language}-*.png')))} pictures")
        finally:
            chromium.quit()
    print(folder)
    if given.docs:
        PICTURES.mkdir(exist_ok=True)
        for language, name, width in CHOSEN:
            if language in languages:
                small(folder / file_name(language, name, width), PICTURES / file_name(language, name, width))


def chosen_files(folder: Path) -> Iterator[Path]:
    """Two photographs of a cat and a cup of coffee, as files to choose."""
    for name, pixels in (("cat.jpg", data.chelsea()), ("cup.png", data.coffee())):
        Image.fromarray(pixels).save(folder / name)
        yield folder / name


@dataclass(frozen=True)
class Taking:
    """One walk: in which page, at which service, in which language, with which files; folder: where the pictures go."""

    page: ChromiumPage
    service: Service
    language: str
    files: Sequence[Path]
    folder: Path


def take(taking: Taking, platform: str) -> None:
    """Every page of one language, in every width. platform: the key by which one file is met."""

    def seen(name: str) -> None:
        for width, height in WIDTHS.items():
            taking.page.playwright_page.set_viewport_size({"width": width, "height": height})
            taking.page.screenshot(taking.folder / file_name(taking.language, name, width))

    def upload() -> None:
        address, head = f"{taking.service.url}/v1/match", {"Authorization": f"Bearer {platform}"}
        httpx.post(address, content=taking.files[0].read_bytes(), headers=head, timeout=30).raise_for_status()

    walk = Walk(taking.page, taking.service.portal, taking.language, seen)
    number = walk.to_receipt(taking.files)
    walk.to_case(number)
    walk.through_case(len(taking.files), upload)
    walk.through_tip()
    walk.beside()


def file_name(language: str, name: str, width: int) -> str:
    """Such as ``ko-files-chosen-320.png``."""
    return f"{language}-{name.replace('.', '-')}-{width}.png"


def small(source: Path, target: Path) -> None:
    """The same picture with few colours: pages have few."""
    with Image.open(source) as opened:
        few = opened.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(target, optimize=True)


if __name__ == "__main__":
    main()
