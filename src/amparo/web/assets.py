"""The files that pages load: style, scripts, icon. Read once into memory; no path from outside ever reaches the disk."""

import gzip
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from amparo.doorway.bodies import header

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
PLACE: Final = "/static/"
ICON: Final = "icon.svg"
ROBOTS: Final = b"User-agent: *\nDisallow: /\n"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. packed: the same as gzip."""

    data: bytes
    packed: bytes
    media_type: str


class Assets:
    """All of them, by path, and for every process the icon and what robots may do here, which is nothing.

    own: the folder of the room; of the same name its file stands before the common one. ``/static/kinds/`` are the hash kinds in
    JavaScript, read beside their Python as files, so that no kernel is loaded for them.
    """

    def __init__(self, own: Traversable) -> None:
        found = dict(_under(files("amparo.web").joinpath("static"), PLACE) + _under(own, PLACE))
        kinds = files("amparo").joinpath("hashing", "kinds")
        found |= {place: asset for place, asset in _under(kinds, f"{PLACE}kinds/") if place.endswith(".js")}
        found[f"/{ICON}"] = found.pop(PLACE + ICON)
        found["/robots.txt"] = _asset(ROBOTS, TYPES[".txt"])
        self._by_path = found

    def __contains__(self, path: str) -> bool:
        return path in self._by_path

    def answer(self, request: Request) -> Response:
        """The file at the request's path, which must be there; packed where the browser takes that."""
        asset = self._by_path[request.scope["path"]]
        is_packed = "gzip" in header(request, b"accept-encoding").lower() and len(asset.packed) < len(asset.data)
        headers = {"content-encoding": "gzip"} if is_packed else {}
        body = asset.packed if is_packed else asset.data
        return Response(body, headers={**headers, "content-type": asset.media_type, "vary": "accept-encoding"})


def _under(folder: Traversable, place: str) -> list[tuple[str, Asset]]:
    found: list[tuple[str, Asset]] = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _under(one, f"{place}{one.name}/")
        elif (ending := "." + one.name.rpartition(".")[2]) in TYPES:
            found.append((place + one.name, _asset(one.read_bytes(), TYPES[ending])))
    return found


def _asset(data: bytes, media_type: str) -> Asset:
    return Asset(data, gzip.compress(data, 9, mtime=0), media_type)
