"""The program `gridcrm`: every slice adds its commands here."""

import logging

import click

from app import create_app
from app.core import migrate
from app.core.commands import Program, speak
from app.core.database import database
from app.core.settings import settings
from app.jobs.service import jobs
from app.maps.cli import map_command
from app.server import serve as run_server


@click.group(cls=Program)
@click.version_option(package_name="gridcrm")
@click.pass_context
def main(context: click.Context) -> None:
    """电管家 gridcrm: customer managers of a power utility.

    The database is chosen by GRIDCRM_DATABASE_URL; by default it is SQLite under instance/.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    context.with_resource(create_app().app_context())
    speak(context)


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    migrate.upgrade(database().engine)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
def serve(host: str) -> None:
    """Run the web server and the worker."""
    raise SystemExit(run_server(settings(), host))


@main.command()
def worker() -> None:
    """Do the long work that pages hand over."""
    known = jobs()
    known.take_up()
    known.queue.create_consumer(workers=1, periodic=False, max_delay=1.0).run()


for command in (map_command,):
    main.add_command(command)


if __name__ == "__main__":
    main()
