"""Keep numbers unique by indexes of their own, which a first import can make afterwards"""

from alembic import op

revision = "0010_index_numbers_apart"
down_revision = "0009_plan_ahead"
branch_labels = None
depends_on = None

TABLES = ("customer", "account", "meter_box", "meter_point")


def upgrade() -> None:
    for table in TABLES:
        if op.get_bind().dialect.name == "sqlite":
            rebuild(table, f", \n\tCONSTRAINT uq_{table}_number UNIQUE (number)", "")
        else:
            op.drop_constraint(f"uq_{table}_number", table)
        op.create_index(f"uq_{table}_number", table, ["number"], unique=True)
    refuse_what_dangles()


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"uq_{table}_number", table)
        if op.get_bind().dialect.name == "sqlite":
            rebuild(table, "\n)", f", \n\tCONSTRAINT uq_{table}_number UNIQUE (number)\n)")
        else:
            op.create_unique_constraint(f"uq_{table}_number", table, ["number"])
    refuse_what_dangles()


def rebuild(table: str, old: str, new: str) -> None:
    """Make a table anew with other words in it, as SQLite's own documentation of ALTER TABLE describes."""
    connection = op.get_bind()
    schema = "select sql from sqlite_master where tbl_name = ? and type = ? and sql > ''"
    (made,) = connection.exec_driver_sql(schema, (table, "table")).scalars()
    indexes = connection.exec_driver_sql(schema, (table, "index")).scalars().all()
    if made.count(old) != 1:
        raise RuntimeError(f"The table is not as this program made it: {made}")
    head, body = made.replace(old, new).split("(", 1)
    connection.exec_driver_sql(f"{head.replace(table, f'new_{table}')}({body}")
    op.execute(f"insert into new_{table} select * from {table} order by id")
    op.drop_table(table)
    op.rename_table(f"new_{table}", table)
    for index in indexes:
        connection.exec_driver_sql(index)


def refuse_what_dangles() -> None:
    """Rows that refer to nothing, which SQLite has not looked for meanwhile."""
    if op.get_bind().dialect.name == "sqlite":
        dangling = op.get_bind().exec_driver_sql("pragma foreign_key_check").all()
        if dangling:
            raise RuntimeError(f"Rows refer to others that are missing: {dangling[:10]}")
