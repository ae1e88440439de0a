"""What the tests of HMA's routes share: pictures, a bank made the HMA way, refusals in its words. Tests nothing itself."""

import dataclasses
import io
from typing import Any

import httpx
from PIL import Image
from skimage import data

from amparo.api.doors import Doors
from amparo.api.routes import application
from amparo.wire import Fetched

CODE = bytes(range(32)).hex()


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


CAT = png(Image.fromarray(data.chelsea()))
COFFEE = png(Image.fromarray(data.coffee()))
BLANK = png(Image.new("RGB", (300, 200), "white"))
NO_PICTURE = b"\x89PNG\r\n\x1a\n and then nothing a decoder could read"


def photo(picture: bytes, name: str = "photo") -> dict[str, tuple[str, bytes, str]]:
    """A form with one file, as httpx takes it."""
    return {name: ("blob", picture, "application/octet-stream")}


class Shelf:
    """Files by address, in the place of other people's servers; what was asked for is kept."""

    def __init__(self, **files: bytes) -> None:
        self.files = files
        self.asked: list[str] = []

    async def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        name = url.rpartition("/")[2]
        return Fetched(self.files[name.partition(".")[0]], "video/mp4" if name.endswith(".mp4") else "text/html")


def client_of(doors: Doors, headers: dict[str, str] | None = None, **changes: Any) -> httpx.AsyncClient:
    """A client of an API over the same rooms, with other doors or (``settings``) other limits."""
    app = application(dataclasses.replace(doors, **changes))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers)


def said(answer: httpx.Response, status: int) -> str:
    """The message of a refusal; nothing else stands in it."""
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["message"]
    return answer.json()["message"]


async def bank(http: httpx.AsyncClient, name: str, **more: object) -> dict[str, Any]:
    made = await http.post("/c/banks", json={"name": name, **more})
    assert made.status_code == 201, made.text
    return made.json()


async def listed(http: httpx.AsyncClient, name: str, *codes: str) -> list[int]:
    """The ids of contents with these PDQ codes, newly listed."""
    ids = []
    for code in codes:
        answer = await http.post(f"/c/bank/{name}/signal", json={"pdq": code})
        assert answer.status_code == 200, answer.text
        ids.append(answer.json()["id"])
    return ids


def flipped(code: str, bits: int) -> str:
    """``code`` with its last ``bits`` bits turned over."""
    return f"{int(code, 16) ^ ((1 << bits) - 1):064x}"
