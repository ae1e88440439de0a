"""Staff: accounts, passkeys, key slots, invitations, challenges, sessions, attempts, key grants, what was read (access)."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    _accounts()
    _ways_in()
    _passing()
    _keys_and_reads()


def _accounts() -> None:
    op.create_table(
        "staff",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("handle", sa.LargeBinary, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("carer_id", sa.BigInteger),
        sa.Column("password_check", sa.LargeBinary),
        sa.Column("password_salt", sa.LargeBinary),
        sa.Column("totp_locked", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("created_us", sa.BigInteger, nullable=False),
        sa.Column("ended_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("name_key", name="uq_staff_name_key"),
        sa.UniqueConstraint("handle", name="uq_staff_handle"),
        sqlite_autoincrement=True,
    )


def _ways_in() -> None:
    op.create_table(
        "staff_passkey",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("staff_id", ROW_ID, nullable=False),
        sa.Column("credential", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.Column("used_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_staff_passkey"),
        sa.UniqueConstraint("credential", name="uq_staff_passkey_credential"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_passkey_staff_id_staff"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_staff_passkey_staff_id", "staff_passkey", ["staff_id"])
    op.create_table(
        "key_slot",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("staff_id", ROW_ID, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("passkey_id", sa.BigInteger),
        sa.Column("locked", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_slot"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_key_slot_staff_id_staff"),
    )
    op.create_index("ix_key_slot_staff_id", "key_slot", ["staff_id"])


def _passing() -> None:
    op.create_table(
        "staff_invite",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("staff_id", sa.BigInteger),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("by_id", sa.BigInteger),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.Column("used_us", sa.BigInteger),
        sa.Column("keys_locked", sa.LargeBinary),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_invite"),
    )
    op.create_table(
        "staff_ceremony",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("challenge", sa.LargeBinary, nullable=False),
        sa.Column("about", sa.LargeBinary, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_ceremony"),
    )
    op.create_table(
        "staff_session",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("staff_id", ROW_ID, nullable=False),
        sa.Column("how", sa.Text, nullable=False),
        sa.Column("identity_locked", sa.LargeBinary, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.Column("seen_us", sa.BigInteger, nullable=False),
        sa.Column("until_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_session"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_session_staff_id_staff"),
    )
    op.create_index("ix_staff_session_staff_id", "staff_session", ["staff_id"])
    op.create_table(
        "staff_attempt",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("about", sa.LargeBinary, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_attempt"),
    )
    op.create_index("ix_staff_attempt_about_at_us", "staff_attempt", ["about", "at_us"])


def _keys_and_reads() -> None:
    op.create_table(
        "key_grant",
        sa.Column("key_name", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("staff_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key_name", "recipient", "staff_id", name="pk_key_grant"),
    )
    op.create_table(
        "staff_read",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("staff_id", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_read"),
        sqlite_autoincrement=True,
    )
