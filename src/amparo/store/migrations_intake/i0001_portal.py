"""The portal: drafts, receipts, envelopes to the desk, and what a person is shown (intake)."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "i0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of the portal's first release."""
    _under_way()
    _sent()
    _shown()
    _hers()


def _under_way() -> None:
    op.create_table(
        "meta",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Text, nullable=False),
        sa.Column("taken_seq", sa.BigInteger, nullable=False),
        sa.Column("receipt_check", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_meta"),
    )
    op.create_table(
        "draft",
        sa.Column("session_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("touched_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("session_digest", name="pk_draft"),
    )
    op.create_index("ix_draft_touched_us", "draft", ["touched_us"])
    op.create_table(
        "draft_file",
        sa.Column("session_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("codes", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("session_digest", "number", name="pk_draft_file"),
        sa.ForeignKeyConstraint(["session_digest"], ["draft.session_digest"], name="fk_draft_file_session_digest"),
    )
    op.create_table(
        "helper",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_helper"),
        sa.UniqueConstraint("digest", name="uq_helper_digest"),
    )


def _sent() -> None:
    op.create_table(
        "receipt",
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("verifier", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed_identity", sa.LargeBinary, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("made_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_uid", name="pk_receipt"),
        sa.UniqueConstraint("verifier", name="uq_receipt_verifier"),
    )
    op.create_table(
        "envelope",
        sa.Column("seq", ROW_ID, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_envelope"),
        sa.UniqueConstraint("uid", name="uq_envelope_uid"),
        _of_case("envelope"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_envelope_case_uid", "envelope", ["case_uid"])


def _shown() -> None:
    op.create_table(
        "file",
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("medium", sa.Text, nullable=False),
        sa.Column("shorts", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_uid", "number", name="pk_file"),
        _of_case("file"),
    )
    op.create_table(
        "place",
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("case_uid", "number", name="pk_place"),
        _of_case("place"),
    )
    op.create_table(
        "state",
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("ordinal", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("case_uid", "ordinal", name="pk_state"),
        _of_case("state"),
    )
    op.create_table(
        "shown",
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_uid", name="pk_shown"),
        _of_case("shown"),
    )


def _hers() -> None:
    op.create_table(
        "consent",
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("given", sa.Integer, nullable=False),
        sa.Column("text_version", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("case_uid", "purpose", name="pk_consent"),
        _of_case("consent"),
    )
    op.create_table(
        "message",
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("uid", name="pk_message"),
        _of_case("message"),
    )
    op.create_index("ix_message_case_uid", "message", ["case_uid"])
    op.create_table(
        "contact",
        sa.Column("case_uid", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("case_uid", name="pk_contact"),
        _of_case("contact"),
    )


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["case_uid"], ["receipt.case_uid"], name=f"fk_{table}_case_uid")
