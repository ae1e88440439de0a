"""A server of things that do not change, on loopback, with the headers a test wants: for modules without the service.

A secure context, since browsers trust 127.0.0.1: Web Crypto and WebCodecs are there.
"""

import mimetypes
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
}
STRICT = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; media-src blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types still",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass
class Still:
    """folders: the first that has a file serves it. things: what stands at a path, before any folder. headers: on every answer.

    asked: method, path and body of each request, in order.
    """

    folders: list[Path] = field(default_factory=list)
    things: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def answer(self, body: bytes) -> None:
                path = urlsplit(self.path).path
                outer.asked.append((self.command, self.path, body))
                found = outer.at(path)
                media_type, content = found or ("text/plain", b"not here")
                self.send_response(200 if found else 404)
                given = {"Content-Type": media_type, "Content-Length": str(len(content)), "Cache-Control": "no-store"}
                for name, value in {**given, **outer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *said: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def html(self, path: str, body: str, head: str = "", language: str = "en") -> str:
        """Put a page there; its address."""
        text = (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>Still</title>'
            f"{head}</head><body>{body}</body></html>"
        )
        self.things[path] = ("text/html; charset=utf-8", text.encode())
        return self.url + path

    def script(self, path: str, text: str) -> str:
        """Put a script there; its address."""
        self.things[path] = ("text/javascript", text.encode())
        return self.url + path

    def at(self, path: str) -> tuple[str, bytes] | None:
        """Media type and bytes of what stands at a path."""
        if path in self.things:
            return self.things[path]
        if path == "/favicon.ico":  # browsers ask by themselves
            return "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>'
        for folder in self.folders:
            place = (folder / path.lstrip("/")).resolve()
            if place.is_relative_to(folder.resolve()) and place.is_file():
                guessed = TYPES.get(place.suffix) or mimetypes.guess_type(place.name)[0]
                return guessed or "application/octet-stream", place.read_bytes()
        return None
