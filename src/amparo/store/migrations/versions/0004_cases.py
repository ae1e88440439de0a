"""The desk's cases: what persons sent, what is listed of it, what came of it (cases)."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables. Match events there are already met no case: counting begins after them."""
    _cases()
    _parts()
    _texts()
    _outcomes()
    events = _marks()
    last = op.get_bind().execute(sa.text("SELECT max(id) FROM match_event")).scalar()
    if last:
        op.bulk_insert(events, [{"id": 1, "last_event_id": last}])


def _case_key(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], name=f"fk_{name}_case_id")


def _cases() -> None:
    op.create_table(
        "desk_case",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("envelope_uid", sa.Text, nullable=False),
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("age", sa.Text),
        sa.Column("happened", sa.Text, nullable=False),
        sa.Column("about", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("entered_by", sa.BigInteger),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("signers", sa.Text, nullable=False),
        sa.Column("bank", sa.Text),
        sa.Column("is_sealed_tip", sa.Integer, nullable=False),
        sa.Column("opened_us", sa.BigInteger, nullable=False),
        sa.Column("taken_back_uid", sa.Text),
        sa.Column("taken_back_us", sa.BigInteger),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("is_due", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_case"),
        sa.UniqueConstraint("uid", name="uq_desk_case_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_case_is_due_epoch_id", "desk_case", ["is_due", "epoch", "id"])


def _parts() -> None:
    op.create_table(
        "case_item",
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("medium", sa.Text, nullable=False),
        sa.Column("content_id", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("change", sa.BigInteger),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_case_item"),
        _case_key("case_item"),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name="fk_case_item_content_id"),
        sa.UniqueConstraint("content_id", name="uq_case_item_content_id"),
    )
    op.create_index("ix_case_item_state", "case_item", ["state"])
    op.create_table(
        "case_consent",
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("given", sa.Integer, nullable=False),
        sa.Column("text_version", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "purpose", name="pk_case_consent"),
        _case_key("case_consent"),
    )


def _texts() -> None:
    op.create_table(
        "case_place",
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_case_place"),
        _case_key("case_place"),
    )
    op.create_table(
        "case_message",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_case_message"),
        _case_key("case_message"),
    )
    op.create_index("ix_case_message_case_id_at_us", "case_message", ["case_id", "at_us"])
    op.create_table(
        "case_contact",
        sa.Column("case_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_contact"),
        _case_key("case_contact"),
    )


def _outcomes() -> None:
    op.create_table(
        "case_match",
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("last_event_id", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", "client", name="pk_case_match"),
        _case_key("case_match"),
    )
    op.create_table(
        "case_receipt",
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("verifier", sa.LargeBinary, nullable=False),
        sa.Column("sealed_identity", sa.LargeBinary, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_case_receipt"),
        _case_key("case_receipt"),
    )
    op.create_table(
        "case_log",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("case_id", ROW_ID, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_log"),
        _case_key("case_log"),
    )
    op.create_index("ix_case_log_case_id_id", "case_log", ["case_id", "id"])


def _marks() -> sa.Table:
    op.create_table(
        "case_aside",
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("envelope_uid", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("epoch", "seq", name="pk_case_aside"),
    )
    op.create_index("ix_case_aside_envelope_uid", "case_aside", ["envelope_uid"])
    op.create_table(
        "desk_mark",
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("epoch", name="pk_desk_mark"),
    )
    return op.create_table(
        "desk_events",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last_event_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_events"),
    )
