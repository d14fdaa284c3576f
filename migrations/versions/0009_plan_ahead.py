"""Plan who is to answer for which cells"""

import sqlalchemy as sa
from alembic import op

from app.core.geometry import Geometry

revision = "0009_plan_ahead"
down_revision = "0008_find_what_needs_work"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("base_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("copied_from_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("submitted_by", sa.String(200), nullable=True),
        sa.Column("approved_by", sa.String(200), nullable=True),
        sa.CheckConstraint(
            "state in ('draft', 'submitted', 'approved', 'published', 'withdrawn')", name=op.f("ck_plan_state")
        ),
        sa.CheckConstraint(
            "state <> 'published' or effective_on is not null", name=op.f("ck_plan_published_for_a_day")
        ),
        sa.ForeignKeyConstraint(["copied_from_id"], ["plan.id"], name=op.f("fk_plan_copied_from_id_plan")),
        sa.ForeignKeyConstraint(["unit_id"], ["organisation_unit.id"], name=op.f("fk_plan_unit_id_organisation_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_unit_id"), "plan", ["unit_id"])
    op.create_index(op.f("ix_plan_copied_from_id"), "plan", ["copied_from_id"])
    op.create_table(
        "plan_cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("base_manager_id", sa.Integer(), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("shape", Geometry("MULTIPOLYGON"), nullable=True),
        sa.Column("base_mark", sa.String(16), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("households >= 0", name=op.f("ck_plan_cell_households")),
        sa.ForeignKeyConstraint(
            ["base_manager_id"], ["customer_manager.id"], name=op.f("fk_plan_cell_base_manager_id_customer_manager")
        ),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name=op.f("fk_plan_cell_cell_id_grid_cell")),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["customer_manager.id"], name=op.f("fk_plan_cell_manager_id_customer_manager")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_cell_plan_id_plan"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["station_id"], ["organisation_unit.id"], name=op.f("fk_plan_cell_station_id_organisation_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_cell")),
        sa.UniqueConstraint("plan_id", "key", name=op.f("uq_plan_cell_plan_id_key")),
    )
    for column in ("cell_id", "station_id", "manager_id"):
        op.create_index(op.f(f"ix_plan_cell_{column}"), "plan_cell", [column])
    op.create_table(
        "plan_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_step_plan_id_plan"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_step")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_plan_step_plan_id_number")),
    )


def downgrade() -> None:
    for table in ("plan_step", "plan_cell", "plan"):
        op.drop_table(table)
