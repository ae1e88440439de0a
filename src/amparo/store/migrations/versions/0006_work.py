"""Work for staff, what they decide of it, and what waits for a second person (review)."""

import sqlalchemy as sa
from alembic import op

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables. Match events there are already make no work: it begins after them."""
    _work()
    _parts()
    _said()
    _decisions()
    _seconds()
    marks = _marks()
    last = op.get_bind().execute(sa.text("SELECT max(id) FROM match_event")).scalar()
    if last:
        op.bulk_insert(marks, [{"name": "match_event", "last_id": last}])


def _work() -> None:
    op.create_table(
        "work",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("cluster", sa.BigInteger),
        sa.Column("due_us", sa.BigInteger, nullable=False),
        sa.Column("opened_us", sa.BigInteger, nullable=False),
        sa.Column("updated_us", sa.BigInteger, nullable=False),
        sa.Column("copies", sa.BigInteger, nullable=False),
        sa.Column("minor_possible", sa.Integer, nullable=False),
        sa.Column("assigned_to", sa.BigInteger),
        sa.Column("locked_by", sa.BigInteger),
        sa.Column("locked_until_us", sa.BigInteger),
        sa.Column("barred_id", sa.BigInteger),
        sa.Column("case_uid", sa.Text),
        sa.Column("decision_id", sa.BigInteger),
        sa.Column("decided_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_work"),
        sa.UniqueConstraint("case_uid", name="uq_work_case_uid"),
        sqlite_autoincrement=True,
    )
    by_urgency = ["state", "queue", "kind", "due_us", "id"]
    op.create_index("ix_work_state_queue_kind_due_us_id", "work", by_urgency)
    op.create_index("ix_work_state_opened_us", "work", ["state", "opened_us"])
    op.create_index("ix_work_assigned_to_state", "work", ["assigned_to", "state"])
    op.create_index("ix_work_locked_by", "work", ["locked_by"])
    op.create_table(
        "work_skip",
        sa.Column("work_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("staff_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("until_us", sa.BigInteger),
        sa.PrimaryKeyConstraint("work_id", "staff_id", name="pk_work_skip"),
    )


def _parts() -> None:
    op.create_table(
        "work_copy",
        sa.Column("work_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("client_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("first_us", sa.BigInteger, nullable=False),
        sa.Column("last_us", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.BigInteger),
        sa.Column("report_id", sa.BigInteger),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("distance_bits", sa.Integer),
        sa.Column("threshold_bits", sa.Integer),
        sa.Column("view", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("work_id", "client_id", "item_id", name="pk_work_copy"),
    )
    op.create_index("ix_work_copy_client_id_item_id", "work_copy", ["client_id", "item_id"])
    op.create_table(
        "work_content",
        sa.Column("work_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("content_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("bank", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("work_id", "content_id", name="pk_work_content"),
    )
    op.create_index("ix_work_content_content_id_work_id", "work_content", ["content_id", "work_id"])
    op.create_table(
        "minor_move",
        sa.Column("content_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("content_id", name="pk_minor_move"),
    )


def _said() -> None:
    op.create_table(
        "work_comment",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("work_id", sa.BigInteger, nullable=False),
        sa.Column("staff_id", sa.BigInteger, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_work_comment"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_work_comment_work_id_id", "work_comment", ["work_id", "id"])
    op.create_table(
        "report",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("client_id", sa.BigInteger, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("work_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_report_work_id", "report", ["work_id"])


def _decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("work_id", sa.BigInteger, nullable=False),
        sa.Column("by_id", sa.BigInteger, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("action", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("undo_until_us", sa.BigInteger),
        sa.Column("undoes", sa.BigInteger),
        sa.Column("undone_by", sa.BigInteger),
        sa.Column("follows", sa.BigInteger),
        sa.Column("is_override", sa.Integer, nullable=False),
        sa.Column("looked", sa.Integer, nullable=False),
        sa.Column("against_request", sa.Integer, nullable=False),
        sa.Column("opinions", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sa.UniqueConstraint("work_id", "by_id", "key", name="uq_decision_work_id_by_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decision_by_id_at_us", "decision", ["by_id", "at_us"])
    op.create_index("ix_decision_follows", "decision", ["follows"])


def _seconds() -> None:
    op.create_table(
        "second_look",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("work_id", sa.BigInteger),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("first_id", sa.BigInteger, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("first_answer", sa.Text, nullable=False),
        sa.Column("first_reason", sa.Text, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("second_id", sa.BigInteger),
        sa.Column("second_name", sa.Text),
        sa.Column("second_yes", sa.Integer),
        sa.Column("answered_us", sa.BigInteger),
        sa.Column("override_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_second_look"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_second_look_state_id", "second_look", ["state", "id"])
    op.create_index("ix_second_look_work_id", "second_look", ["work_id"])


def _marks() -> sa.Table:
    return op.create_table(
        "review_mark",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("last_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_review_mark"),
    )
