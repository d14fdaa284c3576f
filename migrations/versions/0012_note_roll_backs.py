"""Note from which day on a plan is rolled back"""

import sqlalchemy as sa
from alembic import op

revision = "0012_note_roll_backs"
down_revision = "0011_keep_former_shapes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plan", sa.Column("rolled_back_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("plan", "rolled_back_on")
