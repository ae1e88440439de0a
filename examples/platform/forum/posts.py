"""The forum's posts and what Amparo asked of each, in one SQLite file. Knows no HTTP."""

import sqlite3
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS post (id TEXT PRIMARY KEY, picture BLOB NOT NULL, media_type TEXT NOT NULL, state TEXT NOT NULL,
    is_asked INTEGER NOT NULL, last_action INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS done (idempotency_key TEXT PRIMARY KEY, post_id TEXT NOT NULL, action_id INTEGER NOT NULL, action TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
STATES: Final = {"hide": "hidden", "remove": "removed", "restore": "shown"}


@dataclass(frozen=True)
class Post:
    """One post. state: shown, hidden or removed."""

    id: str
    media_type: str
    state: str
    is_asked: bool


class Posts:
    """All posts of one forum; safe for many threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(folder / "forum.sqlite", check_same_thread=False, isolation_level=None)
        self._db.executescript(SCHEMA)

    def add(self, picture: bytes, media_type: str) -> Post:
        """A new post, shown, not yet asked about. Its id is never used again for another: Amparo speaks of it by that id."""
        post = Post(f"p-{uuid.uuid4().hex[:12]}", media_type, "shown", is_asked=False)
        with self._lock:
            self._db.execute("INSERT INTO post VALUES (?, ?, ?, ?, 0, 0)", (post.id, picture, media_type, post.state))
        return post

    def set_asked(self, post_id: str) -> None:
        """Amparo has answered about it."""
        with self._lock:
            self._db.execute("UPDATE post SET is_asked = 1 WHERE id = ?", (post_id,))

    def all(self) -> list[Post]:
        """All posts, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT id, media_type, state, is_asked FROM post ORDER BY rowid").fetchall()
        return [Post(*row[:3], bool(row[3])) for row in rows]

    def one(self, post_id: str) -> Post | None:
        """A post."""
        return next((post for post in self.all() if post.id == post_id), None)

    def picture(self, post_id: str) -> bytes:
        """Its bytes, whatever its state."""
        with self._lock:
            return bytes(self._db.execute("SELECT picture FROM post WHERE id = ?", (post_id,)).fetchone()[0])

    def do(self, action: dict[str, object]) -> bool:
        """Do what is asked, once, and not where a later one was done: False for what was passed over. On disk when this returns."""
        key, number = str(action["idempotency_key"]), int(str(action["action_id"]))
        post_id, name = str(action["item_id"]), str(action["action"])
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                row = self._db.execute("SELECT last_action FROM post WHERE id = ?", (post_id,)).fetchone()
                is_known = self._db.execute("SELECT 1 FROM done WHERE idempotency_key = ?", (key,)).fetchone()
                is_new = row is not None and not is_known and number > row[0] and name in STATES
                if is_new:
                    self._db.execute("INSERT INTO done VALUES (?, ?, ?, ?)", (key, post_id, number, name))
                    self._db.execute(
                        "UPDATE post SET state = ?, last_action = ? WHERE id = ?", (STATES[name], number, post_id)
                    )
            finally:
                self._db.execute("COMMIT")
        return is_new

    def history(self, post_id: str) -> list[str]:
        """What was done to a post, in order."""
        with self._lock:
            rows = self._db.execute("SELECT action FROM done WHERE post_id = ? ORDER BY action_id", (post_id,))
            return [row[0] for row in rows]

    def kept(self, name: str) -> str:
        """Something small that outlives the process: the webhook's secret, the cursor."""
        with self._lock:
            row = self._db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def keep(self, name: str, value: str) -> None:
        """Keep it."""
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))
