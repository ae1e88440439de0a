"""The demo platform of `examples/platform` as a process of its own beside a running service, and a picture with a screenshot of it. Tests nothing itself."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from skimage import data

from amparo.hashing import hash_pixels
from tests.e2e.running import Service

FOLDER = Path(__file__).parents[1] / "examples" / "platform"


@dataclass
class Forum:
    """Where it serves."""

    base: str

    def post(self, picture: bytes) -> str:
        """The id of the new post."""
        told = httpx.post(f"{self.base}/posts", content=picture, headers={"content-type": "image/png"}, timeout=30)
        return str(told.raise_for_status().json()["item_id"])

    def told(self, post_id: str) -> dict[str, Any]:
        return httpx.get(f"{self.base}/posts/{post_id}", timeout=30).raise_for_status().json()

    def state(self, post_id: str) -> str:
        return str(self.told(post_id)["state"])

    def shows(self, post_id: str) -> bool:
        """Whether somebody who looks at the forum sees the picture."""
        return httpx.get(f"{self.base}/posts/{post_id}/picture", timeout=30).status_code == 200

    def report(self, post_id: str, reason: str, words: str) -> None:
        told = httpx.post(f"{self.base}/posts/{post_id}/report", data={"reason": reason, "words": words}, timeout=30)
        assert told.status_code == 303, told.text


def hosts(port: int) -> dict[str, str]:
    """What lets the service post to a forum on that port."""
    return {"AMPARO_WIRE_POST_HOSTS": f"127.0.0.1:{port} allow_private"}


@contextlib.contextmanager
def forum(service: Service, port: int, folder: Path) -> Iterator[Forum]:
    """It runs until the end; started again on the same folder it goes on."""
    key = service.command("key", "new", "forum", "--client", "forum", "--role", "platform")
    command = [sys.executable, "-m", "forum", "--amparo", service.url, "--port", str(port), "--folder", str(folder)]
    environ = {**os.environ, "FORUM_AMPARO_KEY": key}
    with (folder.parent / "forum.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=FOLDER, env=environ, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("forum at"), (folder.parent / "forum.log").read_text()
        yield Forum(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def picture() -> np.ndarray:
    """A thing, no person."""
    return np.asarray(data.coffee())


def code(pixels: np.ndarray) -> str:
    """Its PDQ."""
    return str(hash_pixels(pixels).pdq.hex())


def screenshot(pixels: np.ndarray) -> bytes:
    """A phone's screen that shows the picture, smaller, with bars above and below, as PNG."""
    screen = Image.new("RGB", (540, 960), (18, 18, 20))
    shown = Image.fromarray(pixels).resize((540, 540 * pixels.shape[0] // pixels.shape[1]))
    screen.paste(shown, (0, 250))
    screen.paste((240, 240, 240), (0, 0, 540, 60))
    for place in range(40, 500, 120):
        screen.paste((90, 90, 96), (place, 900, place + 60, 930))
    written = io.BytesIO()
    screen.save(written, "PNG")
    return written.getvalue()
