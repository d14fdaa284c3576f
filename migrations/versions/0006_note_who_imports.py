"""Note who brought each file"""

import sqlalchemy as sa
from alembic import op

revision = "0006_note_who_imports"
down_revision = "0005_remember_posts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("import_run") as run:
        run.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        run.create_foreign_key(op.f("fk_import_run_user_id_app_user"), "app_user", ["user_id"], ["id"])
        run.create_index(op.f("ix_import_run_user_id"), ["user_id"])


def downgrade() -> None:
    with op.batch_alter_table("import_run") as run:
        run.drop_index(op.f("ix_import_run_user_id"))
        run.drop_constraint(op.f("fk_import_run_user_id_app_user"), type_="foreignkey")
        run.drop_column("user_id")
