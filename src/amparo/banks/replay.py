"""Makes the database agree with the withdrawals file: at every start, every minute, and after a restore. Lists nothing."""

from collections.abc import Mapping
from typing import Protocol

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
        live = _live_but_withdrawn(connection, banks)
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
    if mover is not None and any(banks.withdrawals.settled().get(one) == "move" for one in late):
        mover.prepare()
    with banks.db.write() as connection:
        settled = banks.withdrawals.settled()
        live = rows.live_by_identity(connection, list(late))
        # what is only silent and live stays, as when the silence was made
        going = {one: live[one] for one in live if settled[one] in ("withdraw", "move")}
        rows.drop_tombstones(connection, list(relisted))
        if mover is not None:
            moves = {one: going[one] for one in going if settled[one] == "move"}
            _follow(banks, connection, mover, {id_: _end(banks, settled, one) for one, id_ in moves.items()})
            going = {one: going[one] for one in going.keys() & rows.live_by_identity(connection, list(going)).keys()}
        now_silent = {one for one in late if banks.withdrawals.settled().get(one) != "relist"}
        bury(connection, {one: going[one] for one in going.keys() & now_silent}, now_silent, to_us(banks.clock.now()))
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


def _live_but_withdrawn(connection: Connection, banks: Banks) -> set[bytes]:
    withdrawn = [identity for identity, op in banks.withdrawals.settled().items() if op in ("withdraw", "move")]
    return set(rows.live_by_identity(connection, withdrawn))


def _end(banks: Banks, settled: Mapping[bytes, Op], identity: bytes) -> bytes:
    """The identity it has come to by all its moves."""
    places = banks.withdrawals.places()
    while settled.get(identity) == "move":
        identity = places[identity]
    return identity


def _follow(banks: Banks, connection: Connection, mover: Mover, ends: Mapping[int, bytes]) -> None:
    """Move contents (by id) to where they were moved, and back those that had left the mover's home: that is decided anew."""
    names = {row.id: row for row in rows.banks(connection)}
    came: dict[int, str] = {}
    for row in rows.contents_by_id(connection, list(ends)):
        to = _bank_of(banks, connection, list(names.values()), row, ends[row.id])
        if to is None or row.bank_id not in names:
            continue
        into = Into(banks.key, to.id, to.identity_key, relist=True, now=banks.clock.now())
        places = move(connection, into, [row]).places
        before, now = names[row.bank_id].name, to.name
        if before.casefold() == mover.home.casefold():
            places = banks.move_within(connection, list(places.values()), before, relist=True)
        elif now.casefold() == mover.home.casefold():
            came |= dict.fromkeys(places.values(), before)
    if came:
        mover.came_within(connection, came)


def _bank_of(banks: Banks, connection: Connection, known: list[AnyRow], row: AnyRow, identity: bytes) -> AnyRow | None:
    """In which bank this content has that identity."""
    signals = [Signal(one.kind, one.code) for one in rows.signals_of(connection, [row.id]).get(row.id, ())]
    named = (
        one for one in known if Namer(banks.key, one.identity_key, row.origin).of(row.external_id, signals) == identity
    )
    return next(named, None)
