"""Bring the database to the newest schema."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from app.core.settings import ROOT


def alembic_config(engine: Engine) -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations up to `revision`."""
    command.upgrade(alembic_config(engine), revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Run the migrations down to `revision`."""
    command.downgrade(alembic_config(engine), revision)
