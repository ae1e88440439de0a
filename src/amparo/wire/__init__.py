"""The only door out: bounded calls to a server, and files fetched from listed hosts. Knows nothing of what is said through it."""

from amparo.wire.fetch import Fetched, Fetcher
from amparo.wire.model import Reply
from amparo.wire.post import Posted, Poster
from amparo.wire.service import Wire, in_process_client, server_client
from amparo.wire.settings import WireSettings

__all__ = [
    "Fetched",
    "Fetcher",
    "Posted",
    "Poster",
    "Reply",
    "Wire",
    "WireSettings",
    "in_process_client",
    "server_client",
]
