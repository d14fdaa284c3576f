"""Find what needs work without reading the register"""

import sqlalchemy as sa
from alembic import op

revision = "0008_find_what_needs_work"
down_revision = "0007_note_the_bounds_of_cells"
branch_labels = None
depends_on = None

APART = """
update meter_box set apart = true where exists (
    select 1 from area_cell where area_cell.transformer_area_id = meter_box.transformer_area_id
    and area_cell.share > 0.5 and area_cell.cell_id <> meter_box.cell_id
)
"""
INDEXES = (
    ("ix_meter_box_apart", "meter_box", ["station_id"], "apart"),
    ("ix_meter_point_exceptional", "meter_point", ["reason", "cause", "id"], "reason <> 'inside'"),
)


def upgrade() -> None:
    op.add_column("meter_box", sa.Column("apart", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(APART)
    for name, table, columns, which in INDEXES:
        where = sa.text(which)
        as_asked = sa.text("apart = 1") if which == "apart" else where  # as SQLAlchemy asks for it on SQLite
        op.create_index(op.f(name), table, columns, sqlite_where=as_asked, postgresql_where=where)
    op.create_table(
        "layer_proof",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("is_outdated", sa.Boolean(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_layer_proof")),
    )


def downgrade() -> None:
    op.drop_table("layer_proof")
    for name, table, _columns, _which in reversed(INDEXES):
        op.drop_index(op.f(name), table_name=table)
    op.drop_column("meter_box", "apart")
