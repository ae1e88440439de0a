"""Makes the database agree with the withdrawals file: at every start, every minute, and after a restore. Lists nothing."""

from collections.abc import Collection, Mapping
from typing import Final, Protocol

from sqlalchemy import Connection

from amparo.banks import rows
from amparo.banks.identity import Namer, key_check
from amparo.banks.moving import Into, move
from amparo.banks.service import Banks, bury, known_head, note_head
from amparo.banks.withdrawals import Op, Record
from amparo.errors import Misconfigured
from amparo.store.db import AnyRow
from amparo.terms.clock import to_us
from amparo.terms.signal import Signal

GONE: Final = frozenset({"withdraw", "move"})
"""What the file says last of an identity whose content is not in its bank any more."""


class Mover(Protocol):
    """The room above whose contents go from bank to bank (review/minor.py). home: the bank that nothing leaves by replay."""

    @property
    def home(self) -> str:
        """Its name."""
        ...

    def prepare(self) -> None:
        """Have that bank ready; before the transaction."""
        ...

    def came_within(self, connection: Connection, came: Mapping[int, str]) -> None:
        """These contents came into ``home``, from the banks named."""
        ...


def check_file(banks: Banks) -> None:
    """The withdrawals file and its key are those that the ledger was last written with, by whatever machine.

    Raises: Misconfigured (key_differs, withdrawals_elsewhere).
    """
    with banks.db.read() as connection:
        row, known = rows.head_known(connection), known_head(connection)
    if row is not None and row.key_check != key_check(banks.key):
        raise Misconfigured(
            "key_differs",
            "the withdrawals key set here is not the one that the ledger was written with",
            "All machines on one ledger need the same AMPARO_WITHDRAWALS_KEY: that of the first, or of the backup.",
        )
    banks.withdrawals.check_goes_on(known)


def settle_file(banks: Banks) -> None:
    """As ``check_file``; a ledger that knows of no file yet learns of this one.

    Raises: Misconfigured (key_differs, withdrawals_elsewhere), Tampered (withdrawals_damaged).
    """
    with banks.db.read() as connection:
        is_known = rows.head_known(connection) is not None
    if not is_known:
        with banks.db.write() as connection:
            if rows.head_known(connection) is None:
                note_head(connection, banks.key, banks.withdrawals.head())
    check_file(banks)


def disagreements(banks: Banks) -> tuple[set[bytes], set[bytes]]:
    """Identities the file calls (withdrawn, relisted) while the database says otherwise.

    Raises: Tampered (withdrawals_damaged).
    """
    settled = banks.withdrawals.settled()
    silent = {identity for identity, op in settled.items() if op != "relist"}
    with banks.db.read() as connection:
        tombs = rows.tombstones_among(connection, list(settled))
        live = set(rows.live_by_identity(connection, [one for one, op in settled.items() if op in GONE]))
    return (silent - tombs) | live, {identity for identity in tombs if settled[identity] == "relist"}


def replay(banks: Banks, mover: Mover | None = None) -> int:
    """Apply what the file says and the database does not; how many identities were set right.

    mover: who follows a content that was moved; where its new bank is unknown, and without one, it is withdrawn where it stands.
    Raises: Tampered (withdrawals_damaged), Misconfigured (key_differs, withdrawals_elsewhere), those of ``mover``.
    """
    check_file(banks)
    late, relisted = disagreements(banks)
    if not late and not relisted:
        return 0
    settled = banks.withdrawals.settled()
    if mover is not None and any(settled[one] == "move" for one in late):
        mover.prepare()
    with banks.db.write() as connection:
        rows.drop_tombstones(connection, list(relisted))
        if mover is not None and (gone := _followed(banks, connection, mover, late)):
            settled = banks.withdrawals.settled()  # what came back to where it was is listed again
            late = {one for one in late - gone if settled[one] != "relist"}
        live = rows.live_by_identity(connection, list(late))
        # what is only silent and live stays, as when the silence was made
        going = {one: live[one] for one in live if settled[one] in GONE}
        bury(connection, going, late, to_us(banks.clock.now()))
    return len(late) + len(relisted)


def adopt(banks: Banks) -> int:
    """Take the withdrawals file that is there as the one in force, though the ledger knew another: what the ledger calls withdrawn
    and the file does not, is written into it. What the file calls withdrawn stays so. How many lines were written.

    Raises: Tampered (withdrawals_damaged), NoRoom.
    """
    settled, now = banks.withdrawals.settled(), banks.clock.now()
    with banks.db.write() as connection:
        missing = [one for one in rows.all_tombstones(connection) if settled.get(one, "relist") == "relist"]
        live = rows.live_by_identity(connection, missing)
        ops: dict[bytes, Op] = {one: "silence" if one in live else "withdraw" for one in sorted(missing)}
        rows.forget_head(connection)
        banks.record(connection, [Record(op, now, one) for one, op in ops.items()])
    return len(missing)


def _followed(banks: Banks, connection: Connection, mover: Mover, late: Collection[bytes]) -> set[bytes]:
    """Move what of ``late`` the file says was moved, and back what had left the mover's home: that is decided anew. Which were moved.

    What is in no bank that it is known to have gone to stays, to be withdrawn.
    """
    settled, places = banks.withdrawals.settled(), banks.withdrawals.places()
    live = rows.live_by_identity(connection, [one for one in late if settled[one] == "move"])
    known = {row.id: row for row in rows.banks(connection)}
    moved: set[bytes] = set()
    came: dict[int, str] = {}
    for row in rows.contents_by_id(connection, list(live.values())):
        end = row.identity
        while settled.get(end) == "move":
            end = places[end]
        to = _bank_of(banks, connection, list(known.values()), row, end)
        if to is None or row.bank_id not in known:
            continue
        moved.add(row.identity)
        before = known[row.bank_id].name
        there = move(
            connection, Into(banks.key, to.id, to.identity_key, relist=True, now=banks.clock.now()), [row]
        ).places
        if before.casefold() == mover.home.casefold():
            banks.move_within(connection, list(there.values()), before, relist=True)
        elif to.name.casefold() == mover.home.casefold():
            came |= dict.fromkeys(there.values(), before)
    if came:
        mover.came_within(connection, came)
    return moved


def _bank_of(banks: Banks, connection: Connection, known: list[AnyRow], row: AnyRow, identity: bytes) -> AnyRow | None:
    """In which bank this content has that identity."""
    signals = [Signal(one.kind, one.code) for one in rows.signals_of(connection, [row.id]).get(row.id, ())]
    named = (
        one for one in known if Namer(banks.key, one.identity_key, row.origin).of(row.external_id, signals) == identity
    )
    return next(named, None)
