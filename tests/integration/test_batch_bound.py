"""A batch lookup that would meet too much is told so, and the next one is answered."""

import httpx
import numpy as np
import pytest

from amparo.app.local import local_api
from amparo.app.rooms import SECTIONS
from amparo.app.settings import load

pytestmark = pytest.mark.once


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "amparo.toml"
    path.write_text("[match]\nbatch_hits_max = 30\n")
    return load(path, {}, SECTIONS, data=tmp_path / "var")


async def test_too_many_hits_are_a_413_with_what_to_do(settings) -> None:
    code = bytes(range(32))
    async with local_api(settings) as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            (await http.post("/v1/banks", json={"name": "Many"})).raise_for_status()
            for number in range(3):
                value = (code[:-1] + bytes([number])).hex()
                listed = {"signals": [{"kind": "pdq", "value": value}], "external_id": str(number)}
                (await http.post("/v1/banks/Many/contents", json=listed)).raise_for_status()
            sent = {"headers": {"Content-Type": "application/octet-stream"}}
            fits = await http.post("/v1/match/batch", content=code * 10, **sent)
            assert len(fits.raise_for_status().json()["matches"]) == 30
            over = await http.post("/v1/match/batch", content=code * 11, **sent)
            assert over.status_code == 413
            assert over.json()["slug"] == "too_many_hits"
            assert "fewer codes" in over.json()["hint"]
            misses = np.full((100, 32), 0xAA, np.uint8).tobytes()
            assert (await http.post("/v1/match/batch", content=misses, **sent)).json()["matches"] == []
