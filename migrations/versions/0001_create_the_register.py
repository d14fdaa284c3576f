"""Create the register"""

import sqlalchemy as sa
from alembic import op

from app.core.geometry import Geometry

revision = "0001_create_the_register"
down_revision = None
branch_labels = None
depends_on = None

SPATIAL = (("organisation_unit", "boundary"), ("grid_cell", "shape"), ("meter_box", "position"))


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"], unique=False)
    op.create_table(
        "column_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mapping")),
        sa.UniqueConstraint("signature", name=op.f("uq_column_mapping_signature")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("initials", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.CheckConstraint("kind in ('household', 'business')", name=op.f("ck_customer_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("number", name=op.f("uq_customer_number")),
    )
    op.create_index(op.f("ix_customer_initials"), "customer", ["initials"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('queued', 'running', 'done', 'failed', 'stopped')", name=op.f("ck_job_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_state"), "job", ["state"], unique=False)
    op.create_table(
        "organisation_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("supervision_phone", sa.String(length=20), nullable=True),
        sa.Column("boundary", Geometry("MULTIPOLYGON"), nullable=True),
        sa.CheckConstraint("kind in ('bureau', 'district', 'station')", name=op.f("ck_organisation_unit_kind")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["organisation_unit.id"], name=op.f("fk_organisation_unit_parent_id_organisation_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_unit_code")),
    )
    op.create_index(op.f("ix_organisation_unit_parent_id"), "organisation_unit", ["parent_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_account_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("number", name=op.f("uq_account_number")),
    )
    op.create_index(op.f("ix_account_customer_id"), "account", ["customer_id"], unique=False)
    op.create_table(
        "customer_manager",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("work_phone", sa.String(length=20), nullable=True),
        sa.Column("supervision_phone", sa.String(length=20), nullable=True),
        sa.Column("backup_id", sa.Integer(), nullable=True),
        sa.Column("target_households", sa.Integer(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("photo", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("backup_id <> id", name=op.f("ck_customer_manager_backup_is_another")),
        sa.ForeignKeyConstraint(
            ["backup_id"], ["customer_manager.id"], name=op.f("fk_customer_manager_backup_id_customer_manager")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["organisation_unit.id"], name=op.f("fk_customer_manager_station_id_organisation_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_manager")),
        sa.UniqueConstraint("code", name=op.f("uq_customer_manager_code")),
    )
    op.create_index(op.f("ix_customer_manager_backup_id"), "customer_manager", ["backup_id"], unique=False)
    op.create_index(op.f("ix_customer_manager_station_id"), "customer_manager", ["station_id"], unique=False)
    op.create_index(op.f("ix_customer_manager_work_phone"), "customer_manager", ["work_phone"], unique=False)
    op.create_table(
        "customer_phone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_phone_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_phone")),
        sa.UniqueConstraint("customer_id", "number", name=op.f("uq_customer_phone_customer_id_number")),
    )
    op.create_index(op.f("ix_customer_phone_number"), "customer_phone", ["number"], unique=False)
    op.create_table(
        "feeder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["organisation_unit.id"], name=op.f("fk_feeder_station_id_organisation_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeder")),
        sa.UniqueConstraint("code", name=op.f("uq_feeder_code")),
    )
    op.create_index(op.f("ix_feeder_station_id"), "feeder", ["station_id"], unique=False)
    op.create_table(
        "grid_cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("shape", Geometry("MULTIPOLYGON"), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("boxes", sa.Integer(), nullable=False),
        sa.Column("card_token", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("households >= 0", name=op.f("ck_grid_cell_households")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["organisation_unit.id"], name=op.f("fk_grid_cell_station_id_organisation_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_cell")),
        sa.UniqueConstraint("card_token", name=op.f("uq_grid_cell_card_token")),
        sa.UniqueConstraint("code", name=op.f("uq_grid_cell_code")),
    )
    op.create_index(op.f("ix_grid_cell_retired_at"), "grid_cell", ["retired_at"], unique=False)
    op.create_index(op.f("ix_grid_cell_station_id"), "grid_cell", ["station_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_import_run_job_id_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_job_id"), "import_run", ["job_id"], unique=False)
    op.create_table(
        "special_care",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('lives_alone', 'life_support', 'important')", name=op.f("ck_special_care_kind")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_special_care_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_care")),
        sa.UniqueConstraint("customer_id", "kind", name=op.f("uq_special_care_customer_id_kind")),
    )
    op.create_table(
        "ownership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name=op.f("fk_ownership_cell_id_grid_cell")),
        sa.ForeignKeyConstraint(
            ["manager_id"], ["customer_manager.id"], name=op.f("fk_ownership_manager_id_customer_manager")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ownership")),
        sa.UniqueConstraint("cell_id", "valid_from", name=op.f("uq_ownership_cell_id_valid_from")),
    )
    op.create_index(op.f("ix_ownership_manager_id"), "ownership", ["manager_id"], unique=False)
    op.create_table(
        "transformer_area",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("feeder_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["feeder_id"], ["feeder.id"], name=op.f("fk_transformer_area_feeder_id_feeder")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["organisation_unit.id"], name=op.f("fk_transformer_area_station_id_organisation_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformer_area")),
        sa.UniqueConstraint("code", name=op.f("uq_transformer_area_code")),
    )
    op.create_index(op.f("ix_transformer_area_feeder_id"), "transformer_area", ["feeder_id"], unique=False)
    op.create_index(op.f("ix_transformer_area_station_id"), "transformer_area", ["station_id"], unique=False)
    op.create_table(
        "area_cell",
        sa.Column("transformer_area_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name=op.f("fk_area_cell_cell_id_grid_cell")),
        sa.ForeignKeyConstraint(
            ["transformer_area_id"],
            ["transformer_area.id"],
            name=op.f("fk_area_cell_transformer_area_id_transformer_area"),
        ),
        sa.PrimaryKeyConstraint("transformer_area_id", name=op.f("pk_area_cell")),
    )
    op.create_index(op.f("ix_area_cell_cell_id"), "area_cell", ["cell_id"], unique=False)
    op.create_table(
        "meter_box",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("transformer_area_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("position", Geometry("POINT"), nullable=True),
        sa.Column("cell_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name=op.f("fk_meter_box_cell_id_grid_cell")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["organisation_unit.id"], name=op.f("fk_meter_box_station_id_organisation_unit")
        ),
        sa.ForeignKeyConstraint(
            ["transformer_area_id"],
            ["transformer_area.id"],
            name=op.f("fk_meter_box_transformer_area_id_transformer_area"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_box")),
        sa.UniqueConstraint("number", name=op.f("uq_meter_box_number")),
    )
    op.create_index(op.f("ix_meter_box_cell_id"), "meter_box", ["cell_id"], unique=False)
    op.create_index(op.f("ix_meter_box_station_id"), "meter_box", ["station_id"], unique=False)
    op.create_index(op.f("ix_meter_box_transformer_area_id"), "meter_box", ["transformer_area_id"], unique=False)
    op.create_table(
        "meter_point",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("box_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(reason = 'unassigned') = (cause is not null)", name=op.f("ck_meter_point_unassigned_has_cause")
        ),
        sa.CheckConstraint("(reason = 'unassigned') = (cell_id is null)", name=op.f("ck_meter_point_cell_has_reason")),
        sa.CheckConstraint(
            "reason in ('override', 'inside', 'border', 'transformer_area', 'nearest', 'unassigned')",
            name=op.f("ck_meter_point_reason"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_meter_point_account_id_account")),
        sa.ForeignKeyConstraint(["box_id"], ["meter_box.id"], name=op.f("fk_meter_point_box_id_meter_box")),
        sa.ForeignKeyConstraint(["cell_id"], ["grid_cell.id"], name=op.f("fk_meter_point_cell_id_grid_cell")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_point")),
        sa.UniqueConstraint("number", name=op.f("uq_meter_point_number")),
    )
    op.create_index(op.f("ix_meter_point_account_id"), "meter_point", ["account_id"], unique=False)
    op.create_index(op.f("ix_meter_point_box_id"), "meter_point", ["box_id"], unique=False)
    op.create_index("ix_meter_point_cell_id", "meter_point", ["cell_id"], unique=False)
    op.create_table(
        "meter_installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meter_point_id", sa.Integer(), nullable=False),
        sa.Column("asset_no", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter_point_id"], ["meter_point.id"], name=op.f("fk_meter_installation_meter_point_id_meter_point")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_installation")),
        sa.UniqueConstraint(
            "meter_point_id", "valid_from", name=op.f("uq_meter_installation_meter_point_id_valid_from")
        ),
    )
    op.create_index("ix_meter_installation_asset_no", "meter_installation", ["asset_no"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for table, column in SPATIAL:
            op.execute(f"create index gist_{table}_{column} on {table} using gist ({column})")


def downgrade() -> None:
    op.drop_index("ix_meter_installation_asset_no", table_name="meter_installation")
    op.drop_table("meter_installation")
    op.drop_index("ix_meter_point_cell_id", table_name="meter_point")
    op.drop_index(op.f("ix_meter_point_box_id"), table_name="meter_point")
    op.drop_index(op.f("ix_meter_point_account_id"), table_name="meter_point")
    op.drop_table("meter_point")
    op.drop_index(op.f("ix_meter_box_transformer_area_id"), table_name="meter_box")
    op.drop_index(op.f("ix_meter_box_station_id"), table_name="meter_box")
    op.drop_index(op.f("ix_meter_box_cell_id"), table_name="meter_box")
    op.drop_table("meter_box")
    op.drop_index(op.f("ix_area_cell_cell_id"), table_name="area_cell")
    op.drop_table("area_cell")
    op.drop_index(op.f("ix_transformer_area_station_id"), table_name="transformer_area")
    op.drop_index(op.f("ix_transformer_area_feeder_id"), table_name="transformer_area")
    op.drop_table("transformer_area")
    op.drop_index(op.f("ix_ownership_manager_id"), table_name="ownership")
    op.drop_table("ownership")
    op.drop_table("special_care")
    op.drop_index(op.f("ix_import_run_job_id"), table_name="import_run")
    op.drop_table("import_run")
    op.drop_index(op.f("ix_grid_cell_station_id"), table_name="grid_cell")
    op.drop_index(op.f("ix_grid_cell_retired_at"), table_name="grid_cell")
    op.drop_table("grid_cell")
    op.drop_index(op.f("ix_feeder_station_id"), table_name="feeder")
    op.drop_table("feeder")
    op.drop_index(op.f("ix_customer_phone_number"), table_name="customer_phone")
    op.drop_table("customer_phone")
    op.drop_index(op.f("ix_customer_manager_work_phone"), table_name="customer_manager")
    op.drop_index(op.f("ix_customer_manager_station_id"), table_name="customer_manager")
    op.drop_index(op.f("ix_customer_manager_backup_id"), table_name="customer_manager")
    op.drop_table("customer_manager")
    op.drop_index(op.f("ix_account_customer_id"), table_name="account")
    op.drop_table("account")
    op.drop_index(op.f("ix_organisation_unit_parent_id"), table_name="organisation_unit")
    op.drop_table("organisation_unit")
    op.drop_index(op.f("ix_job_state"), table_name="job")
    op.drop_table("job")
    op.drop_index(op.f("ix_customer_initials"), table_name="customer")
    op.drop_table("customer")
    op.drop_table("column_mapping")
    op.drop_index(op.f("ix_audit_entry_subject"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
    op.drop_table("audit_entry")
