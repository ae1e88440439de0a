"""What the doctor asks of the machine: kernels, decoders. Looks at no stored state."""

import asyncio
import struct
from collections.abc import Iterator
from dataclasses import replace

from amparo import hashing, index
from amparo.app.doctor.model import Finding, Installation
from amparo.index import stream
from amparo.media.decoders import decoders, has_video
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings


def kernels(_: Installation) -> Iterator[Finding]:
    """Which code computes, and whether it computes right."""
    for what, name in (("PDQ", hashing.kernel()), ("the search", index.kernel()), ("the rescan", stream.NAME)):
        if name == "numpy":
            hint = "Same answers, far slower: install a C compiler and build the package again."
            yield Finding("kernels", "warn", f"{what} runs on numpy, without its C code", hint)
        else:
            yield Finding("kernels", "ok", f"{what} runs on its C code ({name})")
    ran = hashing.self_test()
    yield Finding(
        "self_test", "ok", "self-test: " + ", ".join(f"{count} vectors of {kind}" for kind, count in ran.items())
    )


def media(installation: Installation) -> Iterator[Finding]:
    """Whether every format has its decoder, and a decoder child starts and answers."""
    missing = [name for name, is_there in decoders().items() if not is_there]
    if missing:
        hint = "Install the package again with its whole Pillow and pi-heif."
        yield Finding("decoders", "bad", f"no decoder for {', '.join(missing)}", hint)
    else:
        yield Finding("decoders", "ok", f"decoders for {', '.join(decoders())}")
    if has_video():
        yield Finding("video", "ok", "videos are decoded")
    else:
        hint = "Install amparo[video] where they should meet by their frames."
        yield Finding("video", "warn", "videos are not decoded: they meet by md5 and sha256 alone", hint)
    limits = installation.settings.section(MediaSettings)
    reading = asyncio.run(_read_one(limits))
    if reading is None:
        yield Finding("decoder_child", "ok", "a decoder child starts and answers")
    else:
        yield Finding("decoder_child", "bad", f"a decoder child fails: {reading}", "Look at memory and process limits.")


async def _read_one(limits: MediaSettings) -> str | None:
    pool = MediaPool(replace(limits, children=1))
    try:
        reading = await pool.read(_picture())
        return None if reading.trouble is None else reading.trouble.text
    finally:
        await pool.stop()


def _picture(side: int = 64) -> bytes:
    """A small bitmap (BITMAPINFOHEADER, 24 bits a pixel), made here."""
    pixels = bytes((x * y) & 255 for y in range(side) for x in range(side) for _ in range(3))
    return struct.pack("<2sIHHI IiiHHIIiiII", b"BM", 54 + len(pixels), 0, 0, 54, 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0) + pixels  # fmt: skip
