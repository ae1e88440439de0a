"""The queue: what waits to be decided, the most urgent first."""

from typing import Final

from starlette.responses import Response

from amparo.console.door import Door
from amparo.console.visit import Visit


def listed(visit: Visit) -> Response:
    """The page of the queue."""
    return visit.page("queue")


DOORS: Final = (Door("GET", "/queue", "work.read", listed),)
