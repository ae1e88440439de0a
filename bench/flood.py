"""A thousand clients at once against two workers: how soon each has its answer, or its 503 with Retry-After."""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from tests.e2e.running import Service, posted, started
from tests.hostile import drawing, saved

CLIENTS = 1_000
ROUNDS = 3
SIGNALS = b'{"signals":[{"kind":"pdq","value":"%s"}]}' % (b"0f" * 32)


async def asked(port: int, request: bytes) -> tuple[int, bool, float]:
    """Status (0 for none), whether it says when to come back, and seconds from the connection on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.perf_counter()
    try:
        writer.write(request)
        told = await reader.readuntil(b"\r\n\r\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        return 0, False, time.perf_counter() - began
    finally:
        writer.close()
    return int(told[9:12]), b"retry-after:" in told.lower(), time.perf_counter() - began


async def flooded(port: int, request: bytes) -> list[tuple[int, bool, float]]:
    """All clients at once."""
    return await asyncio.gather(*(asked(port, request) for _ in range(CLIENTS)))


def measured(service: Service) -> dict[str, dict[str, float]]:
    """Milliseconds by kind of request."""
    key = service.key("platform")["Authorization"]
    picture = saved(drawing((1_152, 868)), "JPEG", quality=85)
    requests = {
        "upload of 1 MP": posted(key, "/v1/match", "image/jpeg", picture),
        "lookup": posted(key, "/v1/match", "application/json", SIGNALS),
        "batch of 5,000": posted(key, "/v1/match/batch", "application/octet-stream", bytes(32 * 5_000)),
    }
    figures = {}
    for name, request in requests.items():
        told = [one for _ in range(ROUNDS) for one in asyncio.run(flooded(service.base, request))]
        refused = [seconds * 1e3 for status, says_when, seconds in told if status == 503 and says_when] or [0.0]
        done = [seconds * 1e3 for status, _, seconds in told if status == 200] or [0.0]
        figures[name] = {
            "answered": len(done),
            "refused": len(refused),
            "other": sum(not (status == 200 or (status == 503 and when)) for status, when, _ in told),
            "refused_p50_ms": round(median(refused), 1),
            "refused_p99_ms": round(quantiles([*refused, *refused[:1]], n=100)[-1], 1),
            "refused_max_ms": round(max(refused), 1),
            "answered_p50_ms": round(median(done), 1),
        }
    return figures


def main() -> None:
    """Print a table, then one JSON line."""
    with tempfile.TemporaryDirectory() as folder, started(Path(folder), "--workers", "2") as service:
        service.ready_line()
        figures = measured(service)
    print(f"{CLIENTS} clients at once, {ROUNDS} rounds, 2 workers, the clients on the same machine")
    for name, row in figures.items():
        print(f"{name:16}", "  ".join(f"{what} {value:g}" for what, value in row.items()))
    print(json.dumps({"bench": "flood", "clients": CLIENTS, "kinds": figures}))
