"""What the access room can do: make and end clients and keys, tell who a key is. Grants nothing by itself."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from amparo.access import rows
from amparo.access.model import HELPER, NAME, OPERATOR, Client, Key, Principal, check_name, check_role
from amparo.errors import BadInput, Conflict, NotFound, Unauthenticated
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us

PREFIX = "amparo_"
DEFAULT_CLIENT = "default"


@dataclass(frozen=True, slots=True)
class Access:
    """The room's verbs over one ledger.

    announce: tells every process, in the transaction given, that a key ended: they remember who holds one.
    """

    db: Database
    clock: Clock
    announce: Callable[[Connection], None]

    def new_client(self, name: str) -> Client:
        """A new client. Raises: BadInput (bad_name), Conflict (name_taken)."""
        name = check_name(name, "client")
        now = self.clock.now()
        with self.db.write() as connection:
            # what the operator lists has that name as its origin
            if name.casefold() == OPERATOR.client or rows.client_by_key(connection, name.casefold()):
                raise Conflict("name_taken", "there is a client of this name already", "Choose another name.")
            client_id = rows.add_client(connection, name, name.casefold(), to_us(now))
        return Client(client_id, name, now)

    def clients(self) -> list[Client]:
        """All clients, oldest first."""
        with self.db.read() as connection:
            return [Client(row[0], row[1], from_us(row[2])) for row in rows.clients(connection)]

    def new_key(
        self,
        name: str,
        role: str,
        *,
        client: str | None = None,
        bank_ids: Sequence[int] | None = None,
        rate_per_s: int | None = None,
    ) -> tuple[Key, str]:
        """A new key and its text, which is shown once and kept nowhere (256 random bits; its SHA-256 is stored).

        client: name of a client there is; without it the client "default", made when first needed.
        bank_ids: the banks it is limited to, None for all.
        Raises: BadInput (bad_name, unknown_role, bad_rate), NotFound (unknown_client).
        """
        name, known_role, now = check_name(name, "key"), check_role(role), self.clock.now()
        if rate_per_s is not None and not 1 <= rate_per_s <= 1_000_000:
            raise BadInput("bad_rate", "a rate is 1 to 1,000,000 requests a second", "Leave it out for the default.")
        limited = None if bank_ids is None else tuple(sorted(set(bank_ids)))
        text = PREFIX + secrets.token_urlsafe(32)
        with self.db.write() as connection:
            client_id, client_name = self._client_of(connection, client)
            values = {
                "client_id": client_id,
                "name": name,
                "digest": _digest(text),
                "role": known_role,
                "is_limited": int(bank_ids is not None),
                "rate_per_s": rate_per_s,
                "created_us": to_us(now),
            }
            key_id = rows.add_key(connection, values, limited or ())
        return Key(key_id, name, client_name, known_role, limited, rate_per_s, now, None), text

    def keys(self) -> list[Key]:
        """All keys, ended ones too, oldest first."""
        with self.db.read() as connection:
            return [_key(row, _banks(connection, row)) for row in rows.keys(connection)]

    def helpers(self) -> Mapping[int, bytes]:
        """SHA-256 of each live helper's key by its id: what the portal, which cannot read the ledger, is given to know them by."""
        with self.db.read() as connection:
            return rows.digests_of_role(connection, HELPER)

    def end_key(self, key_id: int) -> None:
        """From now on the key opens nothing. Raises: NotFound (unknown_key)."""
        with self.db.write() as connection:
            if not 0 < key_id < 2**63 or not rows.end_key(connection, key_id, to_us(self.clock.now())):
                raise NotFound("unknown_key", "there is no such key", "List the keys with `amparo key list`.")
            self.announce(connection)

    def principal(self, text: str) -> Principal:
        """Who holds the key ``text``. Raises: Unauthenticated (bad_key), the same for unknown and ended keys."""
        with self.db.read() as connection:
            row = rows.key_by_digest(connection, _digest(text))
            banks = _banks(connection, row) if row else None
        if row is None:
            raise Unauthenticated(
                "bad_key",
                "this key opens nothing here",
                "Send `Authorization: Bearer KEY` with a key that has not ended.",
            )
        return Principal(
            key_id=row.id,
            client_id=row.client_id,
            client=row.client,
            role=check_role(row.role),
            bank_ids=None if banks is None else frozenset(banks),
            rate_per_s=row.rate_per_s,
        )

    def _client_of(self, connection: Connection, name: str | None) -> tuple[int, str]:
        wanted = (DEFAULT_CLIENT if name is None else name).strip()
        row = rows.client_by_key(connection, wanted.casefold()) if NAME.match(wanted) else None
        if row is not None:
            return row[0], row[1]
        if name is not None:
            raise NotFound("unknown_client", "there is no such client", "Make it first: `amparo client new NAME`.")
        return rows.add_client(connection, DEFAULT_CLIENT, DEFAULT_CLIENT, to_us(self.clock.now())), DEFAULT_CLIENT


def client_name(connection: Connection, client_id: int) -> str:
    """The name of a client, in the caller's transaction. Raises: NotFound (unknown_client)."""
    row = rows.client_by_id(connection, client_id) if 0 <= client_id < 2**63 else None
    if row is None:
        raise NotFound("unknown_client", "there is no such client", "List the clients with `amparo client list`.")
    return str(row.name)


def _digest(text: str) -> bytes:
    # 256 random bits need no slow hash; the lookup is by digest, so nothing secret is compared byte by byte.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _banks(connection: Connection, row: AnyRow) -> tuple[int, ...] | None:
    return tuple(rows.banks_of_key(connection, row.id)) if row.is_limited else None


def _key(row: AnyRow, banks: tuple[int, ...] | None) -> Key:
    ended = None if row.ended_us is None else from_us(row.ended_us)
    return Key(
        row.id, row.name, row.client, check_role(row.role), banks, row.rate_per_s, from_us(row.created_us), ended
    )
