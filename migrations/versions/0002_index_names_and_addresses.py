"""Index names and addresses by pairs of characters"""

import sqlalchemy as sa
from alembic import op

revision = "0002_index_names_and_addresses"
down_revision = "0001_create_the_register"
branch_labels = None
depends_on = None


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    text = sa.Text(collation="C") if postgres else sa.Text()
    op.create_table(
        "account_text",
        sa.Column("account_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", text, nullable=False),
        sa.Column("address", text, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_text_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_text")),
    )
    op.create_index(op.f("ix_account_text_name"), "account_text", ["name"])
    if postgres:
        op.execute("alter table account_text add column pairs tsvector not null")
        op.execute("create index gin_account_text_pairs on account_text using gin (pairs)")
    else:
        op.execute(
            "create virtual table account_pairs"
            " using fts5(pairs, content='', columnsize=0, detail=none, tokenize='ascii')"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("drop table account_pairs")
    op.drop_table("account_text")
