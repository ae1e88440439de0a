"""At least 40 photographs in every form: lossless ones meet their original with 0 bits, good lossy ones within 4.

Asked over POST /v1/match of a running service. `pytest -s` prints the largest distance of each form.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.e2e.running import Service
from tests.photos import PHOTOGRAPHS_MIN, photographs
from tests.pictures import deep, exif_of, heic, png, saved, stored

pytestmark = pytest.mark.enable_socket
SIDE = 512  # at which tests/photos.py asks for a quality of 80
LOSSY_BITS = 4
PATIENCE_S = 60
MISSED = 999

Pixels = NDArray[np.uint8]


def test_every_form_of_a_photograph_meets_it(service: Service) -> None:
    far: dict[str, int] = defaultdict(int)
    count = 0
    with httpx.Client(base_url=service.url, headers=service.key("admin"), timeout=PATIENCE_S) as http:
        http.post("/v1/banks", json={"name": "Demo"}).raise_for_status()
        for number, photo in enumerate(photographs()):
            count += 1
            for pixels, forms in families(photo.rgb(SIDE), number):
                content_id = listed(http, saved(pixels, "PNG", compress_level=1))
                for name, data in forms:
                    far[name] = max(far[name], distance(http, data, content_id))
    print(f"\n{count} photographs, longer side {SIDE}, largest distance in bits:")
    print("\n".join(f"{bits:4}  {name}" for name, bits in far.items()))
    assert count >= PHOTOGRAPHS_MIN
    wrong = {name: bits for name, bits in far.items() if bits > (LOSSY_BITS if name.startswith("~") else 0)}
    assert not wrong, f"of {count} photographs, longer side {SIDE}: {wrong}"


def families(rgb: Pixels, number: int) -> Iterator[tuple[Pixels, Iterator[tuple[str, bytes]]]]:
    """Originals with their forms; the name of a lossy one begins with ~."""
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    yield rgb, chain(lossless_of(rgb), turns_of(rgb, number % 8 + 1), lossy_of(rgb))
    yield grey, greys_of(grey)


def lossless_of(rgb: Pixels) -> Iterator[tuple[str, bytes]]:
    opaque = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    yield "PNG", png(rgb)
    yield "PNG, opaque RGBA", saved(opaque, "PNG", compress_level=1)
    yield "PNG, 16 bits", png(deep(rgb))
    yield "PNG, interlaced", png(rgb, interlaced=True)
    yield "PNG, 16 bits, interlaced", png(deep(rgb), interlaced=True)
    yield "BMP", saved(rgb, "BMP")
    yield "TIFF", saved(rgb, "TIFF")
    yield "TIFF, deflate", saved(rgb, "TIFF", compression="tiff_adobe_deflate")
    yield "TIFF, opaque RGBA", saved(opaque, "TIFF")
    yield "WebP, lossless", saved(rgb, "WEBP", lossless=True, method=0)
    yield "TIFF, CMYK", saved(Image.fromarray(rgb).convert("CMYK"), "TIFF")


def greys_of(grey: Pixels) -> Iterator[tuple[str, bytes]]:
    palette = Image.fromarray(grey)
    palette = Image.frombytes("P", palette.size, (255 - grey).tobytes())
    palette.putpalette([level for index in range(256) for level in (255 - index,) * 3])
    yield "grey PNG", png(grey)
    yield "grey PNG, 16 bits", png(deep(grey))
    yield "grey PNG, interlaced", png(grey, interlaced=True)
    yield "grey PNG, palette", saved(palette, "PNG", compress_level=1)
    yield (
        "grey PNG, opaque alpha",
        saved(np.dstack([grey, np.full(grey.shape, 255, np.uint8)]), "PNG", compress_level=1),
    )
    yield "grey GIF", saved(palette, "GIF")
    yield "grey BMP", saved(grey, "BMP")
    yield "grey TIFF", saved(grey, "TIFF")
    yield "grey TIFF, 16 bits", saved(Image.fromarray(deep(grey)), "TIFF")


def turns_of(rgb: Pixels, one: int) -> Iterator[tuple[str, bytes]]:
    """PNG in all eight orientations, the slower containers in ``one``: over eight photographs they have had all."""
    for turn in range(1, 9):
        yield f"PNG, EXIF {turn}", saved(stored(rgb, turn), "PNG", exif=exif_of(turn), compress_level=1)
    turned = stored(rgb, one)
    yield "TIFF, an EXIF turn", saved(turned, "TIFF", tiffinfo={274: one})
    yield "WebP, lossless, an EXIF turn", saved(turned, "WEBP", lossless=True, method=0, exif=exif_of(one))
    yield "~JPEG, an EXIF turn", saved(turned, "JPEG", quality=95, subsampling=0, exif=exif_of(one))


def lossy_of(rgb: Pixels) -> Iterator[tuple[str, bytes]]:
    picture = Image.fromarray(rgb)
    yield "~JPEG", saved(rgb, "JPEG", quality=95, subsampling=0)
    yield "~JPEG, progressive", saved(rgb, "JPEG", quality=95, subsampling=0, progressive=True)
    yield "~WebP", saved(rgb, "WEBP", quality=95, method=2)
    yield "~AVIF", saved(rgb, "AVIF", quality=95, subsampling="4:4:4")
    yield "~HEIC", heic(picture, "-q", "95", "-p", "chroma=444", "-p", "preset=ultrafast")
    yield "~CMYK JPEG", saved(picture.convert("CMYK"), "JPEG", quality=95, subsampling=0)


def listed(http: httpx.Client, data: bytes) -> int:
    answer = http.post("/v1/banks/Demo/contents", files={"file": data})
    return int(answer.raise_for_status().json()["content_id"])


def distance(http: httpx.Client, data: bytes, content_id: int) -> int:
    """How far the content is as it is shown; MISSED where it was not met so."""
    answer = http.post("/v1/match", content=data).raise_for_status().json()
    met = [one for one in answer["matches"] if one["content_id"] == content_id]
    return int(met[0]["distance_bits"]) if met and (met[0]["kind"], met[0]["view"]) == ("pdq", "identity") else MISSED
