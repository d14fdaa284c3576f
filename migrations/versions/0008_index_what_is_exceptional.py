"""Index what is exceptional: points that do not simply lie inside their cell, boxes apart from their area"""

import sqlalchemy as sa
from alembic import op

revision = "0008_index_what_is_exceptional"
down_revision = "0006_note_who_imports"
branch_labels = None
depends_on = None

POINTS, BOXES, AREAS = (
    "ix_meter_point_exception",
    "ix_meter_box_transformer_area_id_cell_id",
    "ix_meter_box_transformer_area_id",
)
EXCEPTIONAL = sa.text("reason <> 'inside'")


def upgrade() -> None:
    op.create_index(
        POINTS, "meter_point", ["reason", "cell_id"], sqlite_where=EXCEPTIONAL, postgresql_where=EXCEPTIONAL
    )
    op.create_index(BOXES, "meter_box", ["transformer_area_id", "cell_id"])
    op.drop_index(AREAS, table_name="meter_box")


def downgrade() -> None:
    op.create_index(AREAS, "meter_box", ["transformer_area_id"])
    op.drop_index(BOXES, table_name="meter_box")
    op.drop_index(POINTS, table_name="meter_point")
