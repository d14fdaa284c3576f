"""The command `gridcrm map`."""

from datetime import datetime
from pathlib import Path

import click

from app.core import clock
from app.core.access import EVERYWHERE
from app.core.database import database
from app.maps import service


@click.command("map")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help=".html, .pdf or .png")
@click.option("--station", metavar="CODE", help="Only this station's cells.")
@click.option("--manager", metavar="CODE", help="Only this customer manager's beat.")
@click.option("--by", type=click.Choice(["manager", "load"]), default="manager", show_default=True, help="Colours.")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="As of this day instead of today.")
def map_command(out: Path, station: str | None, manager: str | None, by: str, day: datetime | None) -> None:
    """Draw the coverage map: who looks after which cells."""
    with database().reading() as session:
        extent = service.Extent(station, manager, by)
        service.write(session, EVERYWHERE, extent, day.date() if day else clock.today(), out)
    click.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")
