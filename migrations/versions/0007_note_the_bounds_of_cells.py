"""Note the bounds of cells"""

import shapely
import sqlalchemy as sa
from alembic import op

from app.core.geometry import Geometry, as_wkb

revision = "0007_note_the_bounds_of_cells"
down_revision = "0006_note_who_imports"
branch_labels = None
depends_on = None

SIDES = ("west", "south", "east", "north")
INDEX = "ix_grid_cell_west_east_south_north"


def upgrade() -> None:
    for side in SIDES:  # by itself: SQLite would make the table anew, and other tables point at it
        op.add_column("grid_cell", sa.Column(side, sa.Double(), nullable=False, server_default="0"))
    cell = sa.table(
        "grid_cell",
        sa.column("id", sa.Integer()),
        sa.column("shape", Geometry("MULTIPOLYGON")),
        *(sa.column(side, sa.Double()) for side in SIDES),
    )
    connection = op.get_bind()
    stored = connection.execute(sa.select(cell.c.id, as_wkb(cell.c.shape))).all()
    bounds = shapely.bounds(shapely.from_wkb([bytes(wkb) for _id, wkb in stored])).tolist()
    rows = [{"cell": row.id} | dict(zip(SIDES, sides, strict=True)) for row, sides in zip(stored, bounds, strict=True)]
    if rows:
        connection.execute(sa.update(cell).where(cell.c.id == sa.bindparam("cell")), rows)
    op.create_index(op.f(INDEX), "grid_cell", ["west", "east", "south", "north"])


def downgrade() -> None:
    op.drop_index(op.f(INDEX), table_name="grid_cell")
    for side in SIDES:
        op.drop_column("grid_cell", side)
