"""Whom a command asks: the server of AMPARO_API_URL, or the data folder by the same doors. Knows no command."""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from amparo.app.local import local_api
from amparo.app.rooms import settings_of
from amparo.app.settings import Settings
from amparo.cli.options import name_of, say
from amparo.wire import Wire, WireSettings, in_process_client, server_client

Work = Callable[["Asking"], Awaitable[int | None]]


class Asking:
    """A command's view of the service: its settings and the wire to it."""

    def __init__(self, settings: Settings, wire: Wire) -> None:
        self.settings = settings
        self.wire = wire

    async def get(self, path: str) -> Any:
        """The JSON at ``path``."""
        return (await self.wire.request("GET", path)).json()

    async def send(self, method: str, path: str, body: object) -> Any:
        """The JSON answer to a JSON body."""
        return (await self.wire.request(method, path, json=body)).json()


@contextlib.asynccontextmanager
async def asking(data: Path | None) -> AsyncIterator[Asking]:
    """The service: of ``--data DATA`` where it is given, else of AMPARO_API_URL, else of the default data folder."""
    settings = settings_of(data)
    deployment, limits = settings.deployment, settings.section(WireSettings)
    if data is None and deployment.api_url:
        async with server_client(deployment.api_url, deployment.api_key, limits) as wire:
            yield Asking(settings, wire)
    else:
        if not deployment.data_dir.exists():
            say(f"making a new data folder: {name_of(deployment.data_dir.absolute())}")
        async with local_api(settings) as app, in_process_client(app, limits) as wire:
            yield Asking(settings, wire)


def asked(work: Callable[[argparse.Namespace, Asking], Awaitable[int | None]]) -> Callable[[argparse.Namespace], int]:
    """``work`` as what a command runs: with the service open, its exit status as result."""

    async def over(wanted: argparse.Namespace) -> int:
        """Open, work, close."""
        async with asking(wanted.data) as service:
            return await work(wanted, service) or 0

    return lambda wanted: asyncio.run(over(wanted))


def bank_path(name: str, *more: object) -> str:
    """The path of a bank, or of what is below it."""
    return "/".join(["/v1/banks", quote(name, safe=""), *map(str, more)])
