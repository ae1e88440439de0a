"""A decoder child's start has its own time: the first file is not blamed for it."""

import io

import pytest
from PIL import Image

from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings

pytestmark = pytest.mark.once


async def test_the_first_file_waits_for_the_start():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "PNG")
    pool = MediaPool(MediaSettings(children=1, wall_ms_max=1, start_ms_max=120_000))
    try:
        assert (await pool.read(buffer.getvalue())).trouble is None
    finally:
        await pool.stop()
