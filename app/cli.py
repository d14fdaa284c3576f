"""The program `gridcrm`: every slice adds its commands here."""

import logging
import subprocess
import sys

import click

from app import create_app
from app.accounts.cli import tokens, users
from app.assignment.cli import assign
from app.audit.cli import audit
from app.audit.rights import grant_to_application
from app.cards.cli import cards_command
from app.core import logs, migrate
from app.core.commands import Program, speak
from app.core.database import database
from app.core.settings import settings
from app.demo.cli import demo
from app.demo.queries import is_empty
from app.grid.cli import cells
from app.imports.cli import import_command
from app.lookup.cli import lookup_command
from app.maps.cli import map_command
from app.operations.cli import backup, restore
from app.privacy.cli import privacy
from app.server import serve as run_server
from app.server import work


@click.group(cls=Program)
@click.version_option(package_name="gridcrm")
@click.pass_context
def main(context: click.Context) -> None:
    """电管家 gridcrm: customer managers of a power utility.

    The database is chosen by GRIDCRM_DATABASE_URL; by default it is SQLite under instance/.
    """
    app = create_app()
    serves = context.invoked_subcommand in ("serve", "worker")
    logs.set_up(app.extensions["gridcrm.settings"].log, logging.INFO if serves else logging.WARNING)
    context.with_resource(app.app_context())
    speak(context)


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    _migrate()


def _migrate() -> None:
    """Whoever migrates owns the tables, and gives the application's own role its rights."""
    migrate.upgrade(database().engine)
    grant_to_application(database().engine, settings().application_role)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--migrate", "migrates", is_flag=True, help="Bring the database to the newest schema first.")
@click.option("--demo", "households", type=int, help="Load a demo city of that size first, if nothing is stored.")
def serve(host: str, migrates: bool, households: int | None) -> None:
    """Run the web server and the worker."""
    if migrates:
        _migrate()
    if households:
        _load_demo_once(households)
    raise SystemExit(run_server(settings(), host))


def _load_demo_once(households: int) -> None:
    """In a process of its own, so that the one which web and worker are forked from stays small and has no threads."""
    with database().reading() as session:
        if not is_empty(session):
            return
    command = [sys.executable, "-m", "app.cli", "demo", "--once", "--households", str(households)]
    exit_code = subprocess.run(command).returncode  # noqa: S603 - our own program
    if exit_code:
        raise SystemExit(exit_code)


@main.command()
def worker() -> None:
    """Do the long work that pages hand over."""
    work()


for command in (
    assign,
    audit,
    backup,
    cards_command,
    cells,
    demo,
    import_command,
    lookup_command,
    map_command,
    privacy,
    restore,
    tokens,
    users,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
