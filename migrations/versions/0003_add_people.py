"""Add people: users, roles, stand-ins, sessions, tokens"""

import sqlalchemy as sa
from alembic import op

revision = "0003_add_people"
down_revision = "0002_index_names_and_addresses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("factor_required", sa.Boolean(), nullable=False),
        sa.Column("factor_secret", sa.LargeBinary(), nullable=True),
        sa.Column("factor_step", sa.Integer(), nullable=False),
        sa.Column("recovery_hashes", sa.JSON(), nullable=False),
        sa.Column("sso_subject", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("login", name=op.f("uq_app_user_login")),
        sa.UniqueConstraint("sso_subject", name=op.f("uq_app_user_sso_subject")),
    )
    op.create_table(
        "installation_note",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_note")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_token_key_hash")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_api_token_user_id_name")),
    )
    op.create_table(
        "stand_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("last_day >= valid_from", name=op.f("ck_stand_in_last_day")),
        sa.CheckConstraint("stand_in_id <> user_id", name=op.f("ck_stand_in_another")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["app_user.id"], name=op.f("fk_stand_in_stand_in_id_app_user")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_stand_in_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_in")),
    )
    op.create_index(op.f("ix_stand_in_stand_in_id"), "stand_in", ["stand_in_id"])
    op.create_index(op.f("ix_stand_in_user_id"), "stand_in", ["user_id"])
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_session_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_user_session_key_hash")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"])
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(role = 'manager') = (manager_id is not null)", name=op.f("ck_role_grant_manager_has_beat")
        ),
        sa.CheckConstraint(
            "role in ('manager', 'supervisor', 'hotline', 'clerk', 'administrator', 'auditor')",
            name=op.f("ck_role_grant_role"),
        ),
        sa.CheckConstraint("last_day is null or last_day >= valid_from", name=op.f("ck_role_grant_last_day")),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["customer_manager.id"], name=op.f("fk_role_grant_manager_id_customer_manager")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organisation_unit.id"], name=op.f("fk_role_grant_unit_id_organisation_unit")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_role_grant_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_manager_id"), "role_grant", ["manager_id"])
    op.create_index(op.f("ix_role_grant_unit_id"), "role_grant", ["unit_id"])
    op.create_index(op.f("ix_role_grant_user_id"), "role_grant", ["user_id"])
    with op.batch_alter_table("job") as job:
        job.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        job.create_foreign_key(op.f("fk_job_user_id_app_user"), "app_user", ["user_id"], ["id"])
        job.create_index(op.f("ix_job_user_id"), ["user_id"])


def downgrade() -> None:
    with op.batch_alter_table("job") as job:
        job.drop_index(op.f("ix_job_user_id"))
        job.drop_constraint(op.f("fk_job_user_id_app_user"), type_="foreignkey")
        job.drop_column("user_id")
    op.drop_table("role_grant")
    op.drop_table("user_session")
    op.drop_table("stand_in")
    op.drop_table("api_token")
    op.drop_table("installation_note")
    op.drop_table("app_user")
