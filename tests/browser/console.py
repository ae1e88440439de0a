"""The console over services in memory, served to a browser from a thread of this process, and staff signed in at it. Tests nothing itself."""

import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import uvicorn

from amparo.console.application import application
from amparo.console.door import Door
from amparo.console.doors import Doors
from amparo.console.table import TABLE
from amparo.doorway.listening import bind
from tests.browser.chromium import ChromiumPage


@dataclass
class Serving:
    """A console at ``url`` while the context lasts. table: its doors, or others."""

    doors: Doors
    table: tuple[Door, ...] = TABLE

    def __enter__(self) -> Self:
        listening = bind("127.0.0.1", 0)
        self.url = f"http://localhost:{listening.getsockname()[1]}"
        config = uvicorn.Config(application(self.doors, self.table), log_config=None, lifespan="off", access_log=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listening]}, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.should_exit = True
        self.thread.join(10)

    def sign_in(self, page: ChromiumPage, token: str) -> None:
        """Give a browser the cookie of that session; over accounts in memory a role's name is one."""
        name = self.doors.cookies.set("").partition("=")[0]
        page.context.add_cookies([{"name": name, "value": token, "url": self.url}])
