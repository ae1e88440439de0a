"""A running service whose processes are killed at random moments, and clients that keep book of what was acknowledged."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.e2e.running import free_ports

STEP_S = 90.0
BANK = "/v1/banks/A"
MD5, PDQ = 32, 64


class Service:
    """`amparo run` on ``folder``, started again whenever it is down."""

    def __init__(self, folder: Path, variables: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.environ = {**os.environ, **(variables or {})}
        self.base = free_ports()
        self.url = f"http://127.0.0.1:{self.base}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it and wait until it is ready; an earlier one may still be on its way out."""
        command = [sys.executable, "-m", "amparo", "run", "--data", str(self.folder), "--port-base", str(self.base)]
        until = time.monotonic() + STEP_S
        while True:
            with (self.folder.parent / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    [*command, "--workers", "2"], stdout=subprocess.PIPE, stderr=log, env=self.environ
                )
            with self.process.stdout as said:
                if said.readline().startswith(b"ready "):
                    return
            self.process.wait(STEP_S)
            assert time.monotonic() < until, (self.folder.parent / "log").read_text()[-2000:]
            time.sleep(0.1)

    def pids(self) -> dict[int, str]:
        """The processes that serve this folder, and what each is."""
        found = {}
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = place.read_bytes().decode(errors="replace").split("\0")
                if str(self.folder) in words and "doctor" not in words:
                    what = next(
                        (
                            one
                            for one in (
                                "amparo.app.api",
                                "amparo.app.portal",
                                "amparo.app.console",
                                "amparo.app.worker",
                            )
                            if one in words
                        ),
                        "supervisor",
                    )
                    found[int(place.parent.name)] = what
        return found

    def kill(self, what: str) -> bool:
        """SIGKILL one process of that name, or ``all`` of them; whether there was one."""
        victims = [pid for pid, name in self.pids().items() if what in {name, "all"}]
        for pid in victims if what == "all" else victims[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if what in {"supervisor", "all"}:
            self.process.wait(STEP_S)
        return bool(victims)

    def stop(self) -> int:
        """A clean stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STEP_S)

    def doctor(self) -> subprocess.CompletedProcess:
        """What `amparo doctor` says."""
        command = [sys.executable, "-m", "amparo", "doctor", "--jsonl", "--data", str(self.folder)]
        return subprocess.run(command, capture_output=True, text=True, timeout=STEP_S, check=False, env=self.environ)


@dataclass
class Book:
    """What one client knows. may_be: for each external id the outcomes that may be: there, gone. ids: of contents. met: items whose match was answered."""

    may_be: dict[str, set[str]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    signals: dict[str, dict[str, str]] = field(default_factory=dict)
    done: Counter = field(default_factory=Counter)
    met: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """Adds, withdraws and imports over HTTP until told to stop."""

    def __init__(self, service: Service, key: dict[str, str], number: int, seed: int) -> None:
        super().__init__(name=f"client-{number}")
        self.number = number
        self.draw = random.Random(seed * 1000 + number)
        self.service, self.key, self.book = service, key, Book()
        self.enough = threading.Event()
        self.error: Exception | None = None
        self.lost = 0
        self._next = self._asked = 0
        self._http = httpx.Client(base_url=service.url, headers=key, timeout=20)

    @property
    def changes(self) -> int:
        return self.book.done.total()

    def run(self) -> None:
        try:
            while not self.enough.is_set():
                verb = self.draw.choices([self.add, self.withdraw, self.take_in, self.match], [6, 3, 0.5, 3])[0]
                verb()
        except Exception as error:  # noqa: BLE001  # told by the test
            self.error = error
        finally:
            self._http.close()

    def ask(self, method: str, path: str, **body: object) -> httpx.Response | None:
        """The answer, None when nobody can know whether it was done."""
        try:
            answer = self._http.request(method, path, **body)
        except httpx.TransportError:
            self.lost += 1
            time.sleep(0.05)
            return None
        if answer.status_code >= 500:
            self.lost += 1
            return None
        return answer

    def new(self, *kinds: tuple[str, int]) -> str:
        """A new external id with a value of each kind."""
        self._next += 1
        name = f"c{self.number}-{self._next}"
        self.book.signals[name] = {kind: f"{self.draw.getrandbits(digits * 4):0{digits}x}" for kind, digits in kinds}
        return name

    def add(self) -> None:
        name = self.new(("pdq", PDQ), ("md5", MD5))
        signals = [{"kind": kind, "value": value} for kind, value in self.book.signals[name].items()]
        self.book.may_be[name] = {"gone"}
        while True:
            self.book.may_be[name].add("there")
            answer = self.ask("POST", f"{BANK}/contents", json={"signals": signals, "external_id": name})
            if answer is not None:
                assert answer.status_code in {200, 201}, answer.text
                self.book.may_be[name], self.book.ids[name] = {"there"}, answer.json()["content_id"]
                self.book.done["added"] += 1
                return
            if self.draw.random() < 0.5 or self.enough.is_set():
                return  # left open: whole or absent

    def withdraw(self) -> None:
        there = [name for name in self.book.ids if self.book.may_be[name] == {"there"}]
        if not there:
            return
        name = self.draw.choice(there)
        while True:
            self.book.may_be[name].add("gone")
            answer = self.ask("DELETE", f"{BANK}/contents/{self.book.ids[name]}")
            if answer is not None:
                assert answer.status_code == 200, answer.text
                self.book.may_be[name] = {"gone"}
                self.book.done["withdrawn"] += 1
                return
            if self.draw.random() < 0.5 or self.enough.is_set():
                return

    def take_in(self) -> None:
        names = [self.new(("md5", MD5)) for _ in range(self.draw.randint(5, 25))]
        rows = [f'{{"kind":"md5","value":"{self.book.signals[one]["md5"]}","external_id":"{one}"}}\n' for one in names]
        self.book.may_be |= {name: {"there", "gone"} for name in names}
        body = "".join(rows).encode()
        while True:
            answer = self.ask("POST", f"{BANK}/import", content=body, headers={"Content-Type": "application/jsonl"})
            if answer is not None:
                assert answer.status_code == 200, answer.text
                assert '"bad":0' in answer.text.replace(" ", "")
                self.book.may_be |= {name: {"there"} for name in names}
                self.book.done["imported"] += len(names)
                return
            if self.draw.random() < 0.5 or self.enough.is_set():
                self.book.batches.append(names)  # one request, one commit: all or none
                return

    def match(self) -> None:
        """Ask for something this client alone changes and knows the state of: any worker must know it too."""
        settled = [name for name, may_be in self.book.may_be.items() if len(may_be) == 1]
        if not settled:
            return
        name = self.draw.choice(settled)
        self._asked += 1
        item = f"item-{self.number}-{self._asked}"
        asked = {"signals": [{"kind": "md5", "value": self.book.signals[name]["md5"]}], "item_id": item}
        answer = self.ask("POST", "/v1/match", json=asked)
        if answer is not None:
            assert answer.status_code == 200, answer.text
            wanted = "match" if self.book.may_be[name] == {"there"} else "no_match"
            assert answer.json()["verdict"] == wanted, f"{name} in {answer.headers['amparo-worker']}"
            self.book.met += [item] if wanted == "match" else []


def everything(service: Service, key: dict[str, str]) -> dict[str, list[dict]]:
    """All live contents by external id, page by page."""
    found: dict[str, list[dict]] = {}
    after: int | None = 0
    with httpx.Client(base_url=service.url, headers=key, timeout=60) as http:
        while after is not None:
            page = http.get(f"{BANK}/contents?after={after}&limit=1000").raise_for_status().json()
            for one in page["contents"]:
                found.setdefault(one["external_id"], []).append(one)
            after = page["next"]
    return found


def events(service: Service, key: dict[str, str]) -> Counter:
    """How many match events there are of each item."""
    found: Counter = Counter()
    after = 0
    with httpx.Client(base_url=service.url, headers=key, timeout=60) as http:
        while True:
            page = http.get(f"/v1/matches?after={after}&limit=1000").raise_for_status().json()
            if not page["events"]:
                return found
            found.update(one["item_id"] for one in page["events"])
            after = page["next"]
