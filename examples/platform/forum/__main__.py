"""`python -m forum`: serves the forum until it is told to stop; catches up with what it missed, and asks again about what it could not."""

import argparse
import os
import signal
import sys
import threading
import urllib.error
from http import HTTPStatus
from pathlib import Path

from forum.amparo import Amparo
from forum.pages import Forum
from forum.posts import Posts

PAUSE_S = 2.0


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="forum")
    parser.add_argument("--amparo", default="http://localhost:8800", help="where Amparo's API is")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--folder", type=Path, default=Path("forum-data"))
    wanted = parser.parse_args()
    key = os.environ.get("FORUM_AMPARO_KEY", "")  # noqa: TID251  # not Amparo's own
    if not key:
        sys.exit("forum: set FORUM_AMPARO_KEY to a key of role platform")
    posts, amparo = Posts(wanted.folder), Amparo(wanted.amparo, key)
    secret = os.environ.get("FORUM_MEDIA_SECRET", "")  # noqa: TID251
    server = Forum(("127.0.0.1", wanted.port), posts, amparo, secret)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threads = [threading.Thread(target=server.serve_forever, daemon=True)]
    threads += [threading.Thread(target=work, args=(server, over), daemon=True) for work in (follow, ask_again)]
    threads[0].start()
    if not posts.kept("secret"):
        posts.keep("secret", amparo.new_webhook(f"http://127.0.0.1:{wanted.port}/hooks"))
    for one in threads[1:]:
        one.start()
    print(f"forum at http://localhost:{wanted.port}/", flush=True)  # noqa: T201
    threads[0].join()


def follow(server: Forum, over: threading.Event) -> None:
    """Read actions too, for what was missed while nobody was here. Done already is done."""
    while not over.is_set():
        try:
            told = server.amparo.actions(int(server.posts.kept("cursor") or 0))
            for action in told["actions"]:
                server.posts.do(action)
            server.posts.keep("cursor", str(told["next"]))
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.CONFLICT:  # the service was restored from a backup
                server.posts.keep("cursor", "0")
            over.wait(PAUSE_S)
        except OSError:
            over.wait(PAUSE_S)


def ask_again(server: Forum, over: threading.Event) -> None:
    """Ask about what could not be asked when it came."""
    while not over.wait(PAUSE_S):
        for post in server.posts.all():
            if not post.is_asked:
                server.asked(post)


if __name__ == "__main__":
    main()
