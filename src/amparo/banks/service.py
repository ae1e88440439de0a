"""What the banks room can do: make banks, list, annotate and withdraw contents. Searches and judges nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from amparo.banks import feed_rows, rows
from amparo.banks.identity import Namer, key_check
from amparo.banks.listing import Place, enter, tell, tell_gone
from amparo.banks.model import (
    BANK_NAME,
    Bank,
    BankPolicy,
    Content,
    Listed,
    Listing,
    Opinion,
    OpinionName,
    check_listing,
    check_metadata,
    check_note,
    check_opinion,
    check_policy,
)
from amparo.banks.moving import Into, move
from amparo.banks.withdrawals import Head, Record, WithdrawalsFile
from amparo.errors import Conflict, Gone, NotFound
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, from_us, to_us
from amparo.terms.signal import Signal

PAGE_MAX = 1_000
PAGE_BYTES_MAX = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Banks:
    """The room's verbs over one ledger. key: the withdrawals key (32 bytes), kept outside the database."""

    db: Database
    clock: Clock
    key: bytes
    withdrawals: WithdrawalsFile

    # --- banks

    def new_bank(self, name: str, policy: BankPolicy) -> Bank:
        """A new bank. Raises: BadInput (bad_bank_name and those of check_policy), Conflict (name_taken)."""
        with self.db.write() as connection:
            return self.new_bank_within(connection, name, policy)

    def new_bank_within(self, connection: Connection, name: str, policy: BankPolicy) -> Bank:
        """As ``new_bank``, in the durable transaction of a room above."""
        values = {"polarity": "positive", "thresholds": "{}", "staged_share": 1.0, "paused": 0, "action": "review"}
        values |= check_policy(replace(policy, name=name))
        self._check_free(connection, name.casefold(), None)
        values["identity_key"] = self._identity_key(connection, name.casefold())
        rows.add_bank(connection, values | {"created_us": to_us(self.clock.now())})
        tell(connection, None, None)
        return self.bank_within(connection, name)

    def banks(self) -> list[Bank]:
        """All banks, oldest first."""
        with self.db.read() as connection:
            return [bank_of(row) for row in rows.banks(connection)]

    def bank(self, name: str) -> Bank:
        """The bank called ``name`` in any case. Raises: NotFound (unknown_bank)."""
        with self.db.read() as connection:
            return self.bank_within(connection, name)

    def count(self, bank: Bank) -> int:
        """How many live contents the bank holds."""
        with self.db.read() as connection:
            return self.count_within(connection, bank)

    def count_within(self, connection: Connection, bank: Bank) -> int:
        """As ``count``, in the transaction of a room above."""
        return rows.count_contents(connection, bank.id)

    def set_policy(self, name: str, policy: BankPolicy) -> Bank:
        """Change what ``policy`` sets, its name too. Raises: NotFound (unknown_bank), Conflict (name_taken), those of check_policy."""
        with self.db.write() as connection:
            return self.set_policy_within(connection, name, policy)

    def set_policy_within(self, connection: Connection, name: str, policy: BankPolicy) -> Bank:
        """As ``set_policy``, in the durable transaction of a room above."""
        values, bank = check_policy(policy), self.bank_within(connection, name)
        if policy.name is not None:
            self._check_free(connection, policy.name.casefold(), bank.id)
        if values:
            rows.set_bank(connection, bank.id, values)
            tell(connection, None, None)
        return self.bank_within(connection, policy.name or name)

    def delete_bank(self, name: str) -> None:
        """The bank answers no more, at once; ``purge`` clears its contents. Raises: NotFound (unknown_bank)."""
        with self.db.write() as connection:
            self.delete_bank_within(connection, name)

    def delete_bank_within(self, connection: Connection, name: str) -> None:
        """As ``delete_bank``, in the durable transaction of a room above."""
        bank = self.bank_within(connection, name)
        rows.set_bank(connection, bank.id, {"name_key": None, "deleted_us": to_us(self.clock.now())})
        tell(connection, None, None)

    def purge(self, limit: int = 5_000) -> int:
        """Clear up to ``limit`` contents of deleted banks, hashes and all; how many went."""
        with self.db.write() as connection:
            gone = rows.contents_of_deleted_banks(connection, limit)
            if gone:
                tell_gone(connection, rows.drop_signals(connection, gone))
                rows.clear_contents(connection, gone, to_us(self.clock.now()))
            return len(gone)

    # --- contents

    def list_contents(
        self, bank_name: str, origin: str, listings: Sequence[Listing], *, relist: bool = False
    ) -> list[Listed]:
        """List contents in the name of ``origin``, all in one durable step; an outcome for each, in order.

        Raises: NotFound (unknown_bank) and those of check_listing; then nothing was listed.
        """
        for listing in listings:
            check_listing(listing)
        if not listings:
            return []
        with self.db.write() as connection:
            return self._enter(connection, self.bank_within(connection, bank_name), origin, listings, relist=relist)

    def list_within(
        self, connection: Connection, bank_name: str, origin: str, listings: Sequence[Listing]
    ) -> list[Listed]:
        """As ``list_contents`` in the durable transaction of a room above, which keeps what it says of them in the same step.

        What was withdrawn stays silent. Raises: NotFound (unknown_bank) and those of check_listing.
        """
        for listing in listings:
            check_listing(listing)
        return self._enter(connection, self.bank_within(connection, bank_name), origin, listings, relist=False)

    def content(self, bank: Bank, content_id: int) -> Content:
        """One live content of the bank. Raises: NotFound (unknown_content), Gone (withdrawn)."""
        with self.db.read() as connection:
            row = self._live(connection, bank, content_id)
            return self.contents_in(connection, [row])[0]

    def contents(self, bank: Bank, after: int, limit: int) -> list[Content]:
        """Up to ``limit`` (at most PAGE_MAX) live contents with ids over ``after``, by id.

        Fewer where their codes, as those of videos may, come to PAGE_BYTES_MAX; at least one where there is any.
        """
        with self.db.read() as connection:
            found = rows.contents_after(connection, bank.id, after, min(limit, PAGE_MAX))
            sizes = rows.code_bytes(connection, [row.id for row in found])
            fit, total = 0, 0
            while fit < len(found) and (total < PAGE_BYTES_MAX or not fit):
                total += sizes.get(found[fit].id, 0)
                fit += 1
            return self.contents_in(connection, found[:fit])

    def annotate(self, bank: Bank, content_id: int, changes: dict[str, object]) -> Content:
        """Set ``note``, ``metadata``, ``disable_until_us`` (None on, 0 off, else until then) or ``flooded_us`` (None).

        Raises: NotFound (unknown_content), Gone (withdrawn), BadInput (bad_note, bad_metadata).
        """
        with self.db.write() as connection:
            return self.annotate_within(connection, bank, content_id, changes)

    def annotate_within(
        self, connection: Connection, bank: Bank, content_id: int, changes: dict[str, object]
    ) -> Content:
        """As ``annotate``, in the durable transaction of a room above."""
        note, metadata = changes.get("note"), changes.get("metadata")
        check_note(note if isinstance(note, str) else None)
        check_metadata(metadata if isinstance(metadata, str) else None)
        row = self._live(connection, bank, content_id)
        if changes:
            rows.set_content(connection, row.id, changes)
        return self.contents_in(connection, [self._live(connection, bank, content_id)])[0]

    def give_opinion(self, bank: Bank, content_id: int, client: str, opinion: str) -> Content:
        """One client's opinion, in place of its last. Raises: NotFound, Gone, BadInput (unknown_opinion)."""
        values = {"content_id": content_id, "client": client, "opinion": check_opinion(opinion)}
        with self.db.write() as connection:
            row = self._live(connection, bank, content_id)
            rows.set_opinion(connection, values | {"given_us": to_us(self.clock.now())})
            return self.contents_in(connection, [row])[0]

    def give_opinion_within(
        self, connection: Connection, content_ids: Sequence[int], client: str, opinion: str
    ) -> dict[int, OpinionName | None]:
        """As ``give_opinion``, of contents of any banks, in the durable transaction of a room above.

        Result: of each that stands, what this client said of it before. Withdrawn and unknown ids are passed over.
        Raises: BadInput (unknown_opinion).
        """
        given = {"client": client, "opinion": check_opinion(opinion), "given_us": to_us(self.clock.now())}
        live = [row.id for row in rows.contents_by_id(connection, content_ids) if row.withdrawn_us is None]
        said = rows.opinions_of(connection, live)
        for content_id in live:
            rows.set_opinion(connection, {"content_id": content_id, **given})
        return {one: next((row.opinion for row in said.get(one, ()) if row.client == client), None) for one in live}

    def take_back_opinion_within(
        self,
        connection: Connection,
        content_ids: Sequence[int],
        client: str,
        before: Mapping[int, OpinionName | None] | None = None,
    ) -> None:
        """This client says nothing more of these contents, or, where ``before`` names it, again what it said before."""
        rows.drop_opinions(connection, content_ids, client)
        for content_id, opinion in (before or {}).items():
            if opinion is not None and content_id in content_ids:
                self.give_opinion_within(connection, [content_id], client, opinion)

    def move_within(
        self, connection: Connection, content_ids: Sequence[int], bank_name: str, *, relist: bool = False
    ) -> dict[int, int]:
        """Move contents of any banks into ``bank_name``, in the durable transaction of a room above; ids and origins stay.

        The old bank keeps a tombstone, and the withdrawals file a line: its origin cannot bring it back there but by re-listing.
        relist: also where that origin withdrew it from ``bank_name``, or it was moved away from there before; recorded. Result: by
        the id it had, under which id it stands there: its own, or that of the same origin's content which stood there under the same
        external id. Withdrawn and unknown ids, and those of deleted banks, are left out.
        Raises: NotFound (unknown_bank), Conflict (withdrawn_there).
        """
        bank = self.bank_within(connection, bank_name)
        into = Into(self.key, bank.id, bank.key, relist, self.clock.now())
        moved = move(connection, into, rows.contents_by_id(connection, content_ids))
        if moved.records:
            self.record(connection, moved.records)
        return moved.places

    def guard(self, content_ids: Sequence[int]) -> None:
        """Mark contents as flooded: they keep matching but cause no automatic action."""
        now_us = to_us(self.clock.now())
        with self.db.write_soon() as connection:
            for content_id in content_ids:
                rows.set_content(connection, content_id, {"flooded_us": now_us})

    def withdraw(self, bank: Bank, content_id: int) -> Content:
        """Withdraw a content: it matches no more, its hashes are deleted, a tombstone keeps it silent. Twice is once.

        In this order: the file outside the database, then the database; acknowledged when both are on disk.
        Raises: NotFound (unknown_content).
        """
        with self.db.write() as connection:
            self._withdraw(connection, [self._row(connection, bank, content_id)], {bank.id: bank.key})
            return self.contents_in(connection, [self._row(connection, bank, content_id)])[0]

    def withdraw_within(self, connection: Connection, content_ids: Sequence[int]) -> int:
        """As ``withdraw``, of contents of any banks, deleted ones too, in the durable transaction of a room above.

        Result: the newest change; who has taken it in answers none of them. Should that transaction fail, they are withdrawn all
        the same: the file has them, and they are brought into force at the next replay. Unknown ids are passed over.
        """
        found = rows.contents_by_id(connection, content_ids)
        self._withdraw(connection, found, rows.identity_keys(connection))
        return feed_rows.last_change(connection)

    # --- shared by the verbs above

    def _enter(
        self, connection: Connection, bank: Bank, origin: str, listings: Sequence[Listing], *, relist: bool
    ) -> list[Listed]:
        now = self.clock.now()
        place = Place(bank.id, Namer(self.key, bank.key, origin), relist, to_us(now))
        outcomes, relisted = enter(connection, place, listings)
        if relisted:
            self.record(connection, [Record("relist", now, identity) for identity in sorted(relisted)])
        return outcomes

    def _withdraw(self, connection: Connection, found: Sequence[AnyRow], bank_keys: Mapping[int, str]) -> None:
        """Withdraw those of ``found`` that stand. bank_keys: what their banks add to identities, by id."""
        live = [row for row in found if row.withdrawn_us is None]
        if not live:
            return
        now, stand_ins = self.clock.now(), set[bytes]()
        signals = rows.signals_of(connection, [row.id for row in live])
        records = []
        for row in live:
            namer = Namer(self.key, bank_keys[row.bank_id], row.origin)
            silent = namer.stand_ins(row.external_id, [_signal(one) for one in signals.get(row.id, [])]) - {
                row.identity
            }
            records += [Record("withdraw", now, row.identity), *(Record("silence", now, one) for one in sorted(silent))]
            stand_ins |= silent
        self.record(connection, records)
        bury(connection, {row.identity: row.id for row in live}, stand_ins, to_us(now))

    def _check_free(self, connection: Connection, name_key: str, own_id: int | None) -> None:
        row = rows.bank_by_key(connection, name_key)
        if row is not None and row.id != own_id:
            raise Conflict("name_taken", "there is a bank of this name already", "Names differ by more than case.")

    def _identity_key(self, connection: Connection, name_key: str) -> str:
        """The folded name; while a bank that was renamed keeps it, the first free of NAME#2, NAME#3 (no bank's name has a #)."""
        key, number = name_key, 1
        while rows.bears_identity_key(connection, key):
            number += 1
            key = f"{name_key}#{number}"
        return key

    def record(self, connection: Connection, records: Sequence[Record]) -> None:
        """Put ``records`` into the withdrawals file before the caller's transaction commits, and into it how far the file is then."""
        note_head(connection, self.key, self.withdrawals.append(records, known_head(connection)))

    def bank_within(self, connection: Connection, name: str) -> Bank:
        """As ``bank``, in the transaction of a room above. Raises: NotFound (unknown_bank)."""
        row = rows.bank_by_key(connection, name.casefold()) if BANK_NAME.match(name) else None
        if row is None:
            raise NotFound("unknown_bank", "there is no such bank", "List the banks this key may see.")
        return bank_of(row)

    def _row(self, connection: Connection, bank: Bank, content_id: int) -> AnyRow:
        row = rows.content_by_id(connection, content_id) if 0 <= content_id < 2**63 else None
        if row is None or row.bank_id != bank.id:
            raise NotFound(
                "unknown_content", "there is no such content in this bank", "A content is reached through its own bank."
            )
        return row

    def _live(self, connection: Connection, bank: Bank, content_id: int) -> AnyRow:
        row = self._row(connection, bank, content_id)
        if row.withdrawn_us is not None:
            raise Gone(
                "withdrawn", "this content was withdrawn", "Only a recorded re-listing by its origin brings it back."
            )
        return row

    def contents_in(self, connection: Connection, found: Sequence[AnyRow]) -> list[Content]:
        """Contents from their rows, with what belongs to them; for this room."""
        ids = [row.id for row in found]
        signals, opinions = rows.signals_of(connection, ids), rows.opinions_of(connection, ids)
        return [
            Content(
                id=row.id,
                bank_id=row.bank_id,
                origin=row.origin,
                external_id=row.external_id,
                note=row.note,
                metadata=row.metadata,
                created_at=from_us(row.created_us),
                disable_until_us=row.disable_until_us,
                withdrawn_at=None if row.withdrawn_us is None else from_us(row.withdrawn_us),
                flooded_at=None if row.flooded_us is None else from_us(row.flooded_us),
                signals=tuple(_signal(one) for one in signals.get(row.id, ())),
                opinions=tuple(opinion_of(one) for one in opinions.get(row.id, ())),
            )
            for row in found
        ]


def known_head(connection: Connection) -> Head | None:
    """How far the withdrawals file was when this ledger was last written with it."""
    row = rows.head_known(connection)
    return None if row is None else Head(row.size_bytes, row.chain)


def note_head(connection: Connection, key: bytes, head: Head) -> None:
    """The ledger learns how far the withdrawals file has come, and whose key it is."""
    rows.set_head(connection, {"key_check": key_check(key), "size_bytes": head.size_bytes, "chain": head.chain})


def bury(connection: Connection, contents: dict[bytes, int], silent: set[bytes], now_us: int) -> None:
    """Withdraw ``contents`` (id by identity) and silence ``silent``, in the caller's transaction."""
    ids = list(contents.values())
    tell_gone(connection, rows.drop_signals(connection, ids))
    rows.clear_contents(connection, ids, now_us)
    rows.add_tombstones(connection, contents.keys() | silent, now_us)


def bank_of(row: AnyRow) -> Bank:
    """A bank from its row."""
    return Bank(
        id=row.id,
        name=row.name,
        key=row.identity_key,
        polarity=row.polarity,
        thresholds=json.loads(row.thresholds),
        staged_share=row.staged_share,
        paused=bool(row.paused),
        action=row.action,
        created_at=from_us(row.created_us),
    )


def opinion_of(row: AnyRow) -> Opinion:
    """An opinion from its row."""
    return Opinion(row.client, row.opinion, from_us(row.given_us))


def _signal(row: AnyRow) -> Signal:
    return Signal(row.kind, row.code, row.quality, profile=row.profile)
