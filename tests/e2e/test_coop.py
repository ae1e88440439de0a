"""The calls that ROOST's Coop makes to HMA, byte for byte as its client sends them, against a started service: with the key in the
path, as Coop can, and by bearer key. Exchanges are left out but for what Coop asks of every bank.

Source: server/services/hmaService/index.ts and networkingService/index.ts of roostorg/coop, snapshot of 2026-08-21; headers and
multipart bodies as Node's fetch (undici 7) writes them.
"""

import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.running import Service, started
from tests.hostile import drawing, saved

pytestmark = pytest.mark.enable_socket
PICTURE, OTHER = saved(drawing((400, 300), 1), "PNG"), saved(drawing((400, 300), 2), "JPEG")
FETCH = {
    "accept": "*/*", "accept-language": "*", "sec-fetch-mode": "cors", "user-agent": "node", "accept-encoding": "gzip, deflate",
}  # fmt: skip
JSON = {"content-type": "application/json"}
BANK = "COOP_ABCDEF12345_TEST_BANK"


class Store(http.server.BaseHTTPRequestHandler):
    """Where Coop's items have their pictures; one of them never comes to an end."""

    let_go = threading.Event()
    dripping = threading.Event()

    def do_GET(self) -> None:
        name = self.path.partition("?")[0]
        if name == "/drip":
            self.send_response(200)
            self.end_headers()
            self.dripping.set()
            while not self.let_go.wait(0.05):
                try:
                    self.wfile.write(b"x")
                except OSError:
                    return
            return
        data = {"/picture.png": PICTURE, "/other": OTHER}.get(name)
        self.send_response(200 if data else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_told: object) -> None:
        pass


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    Store.let_go.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("coop")
    hosts = f"{store.removeprefix('http://')} allow_private"
    environ = {"AMPARO_API_HMA_KEY_IN_PATH": "true", "AMPARO_WIRE_FETCH_HOSTS": hosts}
    with started(folder, "--workers", "2", **environ) as running:
        running.ready_line()
        yield running


@dataclass
class Coop:
    """Coop's side. base: its HMA_SERVICE_URL, which ends with a slash, so that every path comes with two."""

    http: httpx.Client
    base: str

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        sent = None if body is None else json.dumps(body, separators=(",", ":"))
        return self.http.request(method, f"{self.base}{path}", content=sent, headers=FETCH | (headers or {}))

    def create_bank(self, name: str, enabled_ratio: str) -> httpx.Response:
        return self.call("POST", "/c/banks", {"name": name, "enabled_ratio": enabled_ratio}, JSON)

    def add_by_url(self, bank: str, **about: str) -> httpx.Response:
        return self.call("POST", f"/c/bank/{bank}/content?{urllib.parse.urlencode(about)}")

    def add_file(self, bank: str, picture: bytes, **about: str) -> httpx.Response:
        boundary = "----formdata-undici-075301844312"
        parts = [b'name="photo"; filename="blob"\r\nContent-Type: image/png\r\n\r\n' + picture]
        parts += [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in about.items()]
        form = b"".join(f"--{boundary}\r\nContent-Disposition: form-data; ".encode() + part + b"\r\n" for part in parts)
        headers = FETCH | {"content-type": f"multipart/form-data; boundary={boundary}"}
        body = form + f"--{boundary}--\r\n".encode()
        return self.http.post(f"{self.base}/c/bank/{bank}/content", content=body, headers=headers)

    def hash_url(self, url: str) -> httpx.Response:
        return self.call("GET", f"/h/hash?url={urllib.parse.quote(url, safe='')}")

    def lookup(self, **asked: str) -> Any:
        answer = self.call("GET", f"/m/lookup?{urllib.parse.urlencode(asked)}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(params=["path", "bearer"])
def coop(request: pytest.FixtureRequest, service: Service) -> Iterator[Coop]:
    headers = service.key("curator")
    key = headers["Authorization"].removeprefix("Bearer ")
    in_path = request.param == "path"
    base = f"{service.url}/hma/{key}/" if in_path else f"{service.url}/"
    with httpx.Client(headers={} if in_path else headers, timeout=60) as client:
        made = Coop(client, base)
        yield made
        for one in made.call("GET", "/c/banks").json():
            made.call("DELETE", f"/c/bank/{one['name']}")
    assert key not in service.log.read_text()
    with httpx.Client() as anybody:
        assert key not in anybody.get(f"http://127.0.0.1:{service.base + 3}/metrics").text


def test_a_bank_lives_as_coop_makes_it(coop: Coop) -> None:
    made = coop.create_bank(BANK, "1")
    assert (made.status_code, made.json()) == (201, {"name": BANK, "matching_enabled_ratio": 1.0})
    shown = coop.call("GET", f"/c/bank/{BANK}", headers=JSON)  # Coop says a type, and sends no body
    assert (shown.status_code, shown.json()) == (200, made.json())
    changed = coop.call("PUT", f"/c/bank/{BANK}", {"enabled_ratio": 0.5}, JSON)
    assert (changed.status_code, changed.json()["matching_enabled_ratio"]) == (200, 0.5)
    assert coop.create_bank(f"{BANK}_2", "0.25").status_code == 201  # a rename: a new bank, the old one deleted
    assert coop.call("DELETE", f"/c/bank/{BANK}").status_code == 200
    assert coop.call("GET", f"/c/bank/{BANK}").status_code == 404  # on which Coop forgets its own record
    assert coop.call("GET", f"/c/bank/{BANK}_2").status_code == 200


def test_a_listed_picture_is_found_in_an_item(coop: Coop, store: str) -> None:
    assert coop.create_bank(BANK, "1").status_code == 201
    about = {"content_id": "c-1", "content_uri": "https://coop.test/c 1", "metadata": '{"itemId":"i-1"}'}
    by_file = coop.add_file(BANK, PICTURE, **about)
    assert by_file.status_code == 200, by_file.text
    by_url = coop.add_by_url(BANK, url=f"{store}/other?size=1&x=y z", **about)
    assert by_url.status_code == 200, by_url.text
    for listed, url in [(by_file, f"{store}/picture.png"), (by_url, f"{store}/other")]:
        hashes = coop.hash_url(url)
        assert hashes.json() == listed.json()["signals"]
        for signal_type, signal in hashes.json().items():
            met = coop.lookup(signal_type=signal_type, signal=signal)
            assert {"bank_content_id": listed.json()["id"], "distance": "0"} in met[BANK]
        by_address = coop.lookup(url=url, content_type="photo")
        assert listed.json()["id"] in [one["bank_content_id"] for one in by_address["pdq"][BANK]]
        kept = coop.call("GET", f"/c/bank/{BANK}/content/{listed.json()['id']}").json()["metadata"]
        assert kept == {
            "content_id": "c-1",
            "content_uri": "https://coop.test/c 1",
            "json": {"itemId": "i-1"},
            "collab": None,
        }
    assert coop.lookup(signal_type="pdq", signal="5" * 64) == {}


def test_what_coop_asks_of_exchanges_finds_none(coop: Coop) -> None:
    assert coop.call("GET", "/c/exchanges/apis").json() == []
    assert coop.call("GET", f"/c/exchange/{BANK}").status_code == 404  # read as: this bank has no exchange
    assert coop.call("GET", "/c/exchanges/api/ncmec/schema").status_code == 404  # Coop has forms of its own
    assert coop.call("POST", "/c/exchanges", {"bank": BANK, "api": "ncmec", "api_json": {}}, JSON).status_code == 404


def test_an_item_whose_picture_never_ends_holds_up_no_other(coop: Coop, store: str, service: Service) -> None:
    Store.dripping.clear()
    answers: list[httpx.Response] = []
    slow = threading.Thread(target=lambda: answers.append(coop.hash_url(f"{store}/drip")))
    slow.start()
    assert Store.dripping.wait(60)
    with httpx.Client(base_url=service.url, timeout=60) as anybody:
        for _ in range(20):
            assert anybody.get("/status").text == "I-AM-ALIVE"
            assert coop.hash_url(f"{store}/picture.png").status_code == 200
    assert not answers
    slow.join(60)
    assert not slow.is_alive()
    assert answers[0].status_code == 400
    assert answers[0].json() == coop.hash_url(f"{store}/nothing").json()  # no word of why


def test_addresses_that_are_not_listed_are_not_fetched(coop: Coop, service: Service) -> None:
    for url in (f"{service.url}/status", "http://localhost:1/", "file:///etc/passwd", "http://169.254.169.254/latest/"):
        assert coop.hash_url(url).status_code == 400
