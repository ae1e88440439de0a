"""Makes the database agree with the withdrawals file: at every start, every minute, and after a restore. Lists nothing."""

from sqlalchemy import Connection

from amparo.banks import rows
from amparo.banks.identity import key_check
from amparo.banks.service import Banks, bury, known_head, note_head
from amparo.banks.withdrawals import Op, Record
from amparo.errors import Misconfigured
from amparo.terms.clock import to_us


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


def replay(banks: Banks) -> int:
    """Apply what the file says and the database does not; how many identities were set right.

    Raises: Tampered (withdrawals_damaged), Misconfigured (key_differs, withdrawals_elsewhere).
    """
    check_file(banks)
    late, relisted = disagreements(banks)
    if not late and not relisted:
        return 0
    with banks.db.write() as connection:
        live = rows.live_by_identity(connection, list(late))
        withdrawn = {identity for identity, op in banks.withdrawals.settled().items() if op == "withdraw"}
        # what is only silent and live stays, as when the silence was made
        bury(connection, {one: live[one] for one in live if one in withdrawn}, late, to_us(banks.clock.now()))
        rows.drop_tombstones(connection, list(relisted))
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
    withdrawn = [identity for identity, op in banks.withdrawals.settled().items() if op == "withdraw"]
    return set(rows.live_by_identity(connection, withdrawn))
