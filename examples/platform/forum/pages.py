"""The forum's pages and its doors for Amparo, over HTTP. Decides nothing."""

import email
import html
import json
import urllib.error
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

from forum.amparo import Amparo, is_signed
from forum.posts import Post, Posts

BODY_BYTES_MAX: Final = 32 * 1024 * 1024
PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Forum</title>
<style>body{font:1rem/1.5 system-ui;max-width:40rem;margin:2rem auto;padding:0 1rem}img{max-width:100%}article{border-top:1px solid;padding:1rem 0}</style>
<h1>Forum</h1><form method="post" action="/posts" enctype="multipart/form-data"><label>A picture <input type="file" name="picture" required></label>
<button>Post</button></form>"""
REPORT: Final = """<form method="post" action="/posts/{id}/report"><label>Why <select name="reason"><option value="intimate">intimate, without consent</option>
<option value="under_18">somebody under 18</option><option value="threat">used as a threat</option><option value="other">other</option></select></label>
<label>In your words <input name="words"></label> <button>Report</button></form>"""


class Forum(ThreadingHTTPServer):
    """The server. media_secret: with which Amparo signs when it fetches a picture for a look, "" when it may fetch none."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], posts: Posts, amparo: Amparo, media_secret: str = "") -> None:
        super().__init__(address, Door)
        self.posts, self.amparo, self.media_secret = posts, amparo, media_secret

    def asked(self, post: Post) -> Post:
        """Ask Amparo about a post; who cannot be asked now is asked again later. What is to be done comes as an action."""
        try:
            self.amparo.ask(self.posts.picture(post.id), post.media_type, post.id)
        except urllib.error.HTTPError as error:
            if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR or error.code == HTTPStatus.TOO_MANY_REQUESTS:
                return post
        except OSError:
            return post
        self.posts.set_asked(post.id)
        return self.posts.one(post.id) or post


class Door(BaseHTTPRequestHandler):
    """One request."""

    server: Forum

    def do_GET(self) -> None:
        """Pages, pictures, and a picture for a look."""
        path = urlsplit(self.path).path
        parts = path.strip("/").split("/")
        if path == "/":
            self._say(HTTPStatus.OK, (PAGE + "".join(map(_article, self.server.posts.all()))).encode(), "text/html")
            return
        post = self.server.posts.one(parts[1]) if len(parts) > 1 else None
        if post is None:
            self._say(HTTPStatus.NOT_FOUND, b"", "text/plain")
        elif parts[0] == "media":
            is_amparo = is_signed(self.server.media_secret, dict(self.headers), self.path.encode())
            picture = self.server.posts.picture(post.id) if is_amparo else b""
            self._say(HTTPStatus.OK if is_amparo else HTTPStatus.FORBIDDEN, picture, post.media_type)
        elif parts[2:] == ["picture"]:
            is_shown = post.state == "shown"
            picture = self.server.posts.picture(post.id) if is_shown else b""
            self._say(HTTPStatus.OK if is_shown else HTTPStatus.GONE, picture, post.media_type)
        else:
            self._json(HTTPStatus.OK, _told(post) | {"history": self.server.posts.history(post.id)})

    def do_POST(self) -> None:
        """Posts, reports, and Amparo's messages."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), BODY_BYTES_MAX))
        parts = urlsplit(self.path).path.strip("/").split("/")
        if parts == ["hooks"]:
            self._hook(body)
        elif parts == ["posts"]:
            self._post(body)
        elif parts[2:] == ["report"]:
            fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            self.server.amparo.report(parts[1], fields.get("reason", "other"), fields.get("words", ""))
            self._see("/")
        else:
            self._say(HTTPStatus.NOT_FOUND, b"", "text/plain")

    def _hook(self, body: bytes) -> None:
        """Answer only when it is done: a message comes again until it was taken."""
        if not is_signed(self.server.posts.kept("secret"), dict(self.headers), body):
            self._say(HTTPStatus.FORBIDDEN, b"", "text/plain")
            return
        message = json.loads(body)
        if message["type"] == "action.ordered":
            self.server.posts.do(message["data"])
        self._say(HTTPStatus.NO_CONTENT, b"", "text/plain")

    def _post(self, body: bytes) -> None:
        media_type = self.headers.get("Content-Type", "")
        is_form = media_type.startswith("multipart/form-data")
        if is_form:
            parts = email.message_from_bytes(f"Content-Type: {media_type}\r\n\r\n".encode() + body).get_payload()
            part = parts[0]
            body, media_type = part.get_payload(decode=True), part.get_content_type()
        post = self.server.asked(self.server.posts.add(body, media_type))
        if is_form:
            self._see("/")
        else:
            self._json(HTTPStatus.CREATED, _told(post))

    def _json(self, status: HTTPStatus, value: object) -> None:
        self._say(status, json.dumps(value).encode(), "application/json")

    def _see(self, path: str) -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _say(self, status: HTTPStatus, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_what: object) -> None:
        """Log nothing."""


def _told(post: Post) -> dict[str, object]:
    return {"item_id": post.id, "state": post.state, "asked": post.is_asked}


def _article(post: Post) -> str:
    name = html.escape(post.id)
    if post.state != "shown":
        return f"<article data-item='{name}' data-state='{post.state}'><p>{name}: {post.state}</p></article>"
    picture = f"<img src='/posts/{name}/picture' alt='Picture of post {name}'>"
    return f"<article data-item='{name}' data-state='shown'><p>{name}</p>{picture}{REPORT.format(id=name)}</article>"
