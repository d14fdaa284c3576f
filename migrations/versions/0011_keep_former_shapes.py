"""Keep what cells looked like before their borders moved"""

import sqlalchemy as sa
from alembic import op

from app.core.geometry import Geometry

revision = "0011_keep_former_shapes"
down_revision = "0010_index_numbers_apart"
branch_labels = None
depends_on = None

SIDES = ("west", "south", "east", "north")


def upgrade() -> None:
    op.create_table(
        "former_shape",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("shape", Geometry("MULTIPOLYGON"), nullable=False),
        *(sa.Column(side, sa.Double(), nullable=False) for side in SIDES),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name=op.f("fk_former_shape_cell_id_grid_cell")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_shape")),
    )
    op.create_index(op.f("ix_former_shape_cell_id"), "former_shape", ["cell_id"])
    op.create_index("ix_former_shape_west_east_south_north", "former_shape", ["west", "east", "south", "north"])


def downgrade() -> None:
    op.drop_table("former_shape")
