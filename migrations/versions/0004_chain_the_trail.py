"""Chain the trail by hash and refuse to change it"""

import sqlalchemy as sa
from alembic import op

from app.audit.chain import GENESIS, Act, rows  # what was chained must verify for as long as it is kept

revision = "0004_chain_the_trail"
down_revision = "0003_add_people"
branch_labels = None
depends_on = None

FORMER = sa.table(
    "audit_entry",
    sa.column("id", sa.Integer()),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("actor", sa.String()),
    sa.column("action", sa.String()),
    sa.column("subject", sa.String()),
    sa.column("details", sa.JSON()),
)

OF_AN_ACCOUNT = "select number, customer_id from account"
OF_A_POINT = "select p.number, a.customer_id from meter_point p join account a on a.id = p.account_id"
CUSTOMERS = {
    "lookup.reveal": OF_AN_ACCOUNT,
    "customers.reveal": OF_AN_ACCOUNT,
    "assignment.override": OF_A_POINT,
    "assignment.release": OF_A_POINT,
}
"""How the subject of an act on a customer was written before: as an account's or a metering point's number."""

SQLITE = (
    """
    create trigger audit_entry_appends before insert on audit_entry
    when new.id <> (select coalesce(max(id), 0) + 1 from audit_entry)
      or new.previous <> coalesce((select hash from audit_entry order by id desc limit 1), new.previous)
    begin select raise(abort, 'audit_is_append_only'); end
    """,
    """
    create trigger audit_entry_stays_as_it_is before update on audit_entry
    begin select raise(abort, 'audit_is_append_only'); end
    """,
    """
    create trigger audit_entry_stays before delete on audit_entry
    when not exists (
      select 1 from audit_entry purge
      where purge.action = 'audit.purge' and json_extract(purge.details, '$.through') >= old.id
    )
    begin select raise(abort, 'audit_is_append_only'); end
    """,
)

POSTGRES = (
    """
    create function audit_entry_guard() returns trigger language plpgsql as $$
    begin
      if tg_op = 'INSERT' and new.id = (select coalesce(max(id), 0) + 1 from audit_entry)
        and new.previous = coalesce((select hash from audit_entry order by id desc limit 1), new.previous) then
        return new;
      elsif tg_op = 'DELETE' and exists (
        select 1 from audit_entry purge
        where purge.action = 'audit.purge' and (purge.details ->> 'through')::bigint >= old.id
      ) then
        return old;
      end if;
      raise exception 'the trail is append-only'
        using errcode = 'check_violation', constraint = 'audit_is_append_only', table = 'audit_entry';
    end $$
    """,
    """
    create trigger audit_entry_guard before insert or update or delete on audit_entry
    for each row execute function audit_entry_guard()
    """,
    """
    create trigger audit_entry_guard_truncate before truncate on audit_entry
    for each statement execute function audit_entry_guard()
    """,
)


def upgrade() -> None:
    connection = op.get_bind()
    former = connection.execute(sa.select(FORMER).order_by(FORMER.c.id)).all()
    customers = {action: dict(connection.execute(sa.text(query)).all()) for action, query in CUSTOMERS.items()}
    _drop()
    table = op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"])
    op.create_index(op.f("ix_audit_entry_actor_id"), "audit_entry", ["actor", "id"])
    op.create_index(op.f("ix_audit_entry_action_id"), "audit_entry", ["action", "id"])
    op.create_index(op.f("ix_audit_entry_customer_id_id"), "audit_entry", ["customer_id", "id"])
    acts = (_without_personal_data(row, customers.get(row.action)) for row in former)
    op.bulk_insert(table, list(rows(acts, 0, GENESIS)))
    for statement in POSTGRES if connection.dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def _without_personal_data(row: sa.Row, customers: dict[str, int] | None) -> Act:
    """The act with its customer named by id, and without what was typed to find the customer."""
    if customers is None:
        return Act(row.actor, row.action, row.subject, None, row.details, row.at)
    customer_id = customers.get(row.subject)
    details = {key: value for key, value in row.details.items() if key != "query"}
    return Act(row.actor, row.action, f"customer:{customer_id or '?'}", customer_id, details, row.at)


def _drop() -> None:
    op.drop_table("audit_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function if exists audit_entry_guard()")


def downgrade() -> None:
    kept = op.get_bind().execute(sa.select(FORMER).order_by(FORMER.c.id)).all()
    _drop()
    table = op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"], unique=False)
    op.bulk_insert(table, [row._asdict() for row in kept])
