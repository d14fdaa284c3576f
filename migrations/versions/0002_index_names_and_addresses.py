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
    op.create_table(
        "pair_posting",
        sa.Column("pair", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "block", name=op.f("pk_pair_posting")),
    )
    op.create_index(op.f("ix_pair_posting_block"), "pair_posting", ["block"])
    if postgres:  # packed already: compressing it again costs time at every reading
        op.execute("alter table pair_posting alter column accounts set storage external")


def downgrade() -> None:
    op.drop_table("pair_posting")
    op.drop_table("account_text")
