"""The command `gridcrm cards`."""

import json
from datetime import datetime
from pathlib import Path

import click
from flask_babel import gettext as _
from flask_babel import ngettext

from app.cards import service
from app.cards.layouts import DEFAULT
from app.cards.plan import REASONS
from app.cards.queries import Selection
from app.core.access import EVERYWHERE
from app.core.commands import terminal_progress
from app.core.database import database

SHOWN_ISSUES = 20


@click.command("cards")
@click.option("--manager", metavar="CODE", help="The boxes of this customer manager.")
@click.option("--station", metavar="CODE", help="The boxes of this station, or of all stations of a bureau.")
@click.option("--cell", metavar="CODE", help="The boxes of this grid cell.")
@click.option("--box", "boxes", metavar="NO...", multiple=True, help="These boxes.")
@click.argument("more_boxes", metavar="", nargs=-1)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The PDF to write.")
@click.option("--layout", default=DEFAULT, show_default=True, help="The sheet; see layouts.toml.")
@click.option("--start", type=int, default=1, show_default=True, help="First free place on a half-used sheet.")
@click.option("--offset-x", type=float, default=0.0, metavar="MM", help="Move everything to the right.")
@click.option("--offset-y", type=float, default=0.0, metavar="MM", help="Move everything down.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Whose cell it is on this day instead of today.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def cards_command(
    manager: str | None,
    station: str | None,
    cell: str | None,
    boxes: tuple[str, ...],
    more_boxes: tuple[str, ...],
    out: Path,
    layout: str,
    start: int,
    offset_x: float,
    offset_y: float,
    day: datetime | None,
    as_json: bool,
) -> None:
    """Print cards for meter boxes, sorted as a person walks."""
    if more_boxes and not boxes:
        raise click.UsageError(_("Box numbers follow --box."))
    selection = Selection(manager, station, cell, boxes + more_boxes, day.date() if day else None)
    with database().reading() as session:
        how = service.printing(layout, start, offset_x, offset_y)
        outcome = service.print_cards(session, EVERYWHERE, selection, how, out, terminal_progress())
    if as_json:
        click.echo(json.dumps({"out": str(out), **outcome.as_json()}, ensure_ascii=False))
        return
    counts = {"cards": outcome.cards, "sheets": outcome.sheets, "seconds": outcome.seconds, "out": out}
    click.echo(_("%(out)s: %(cards)s cards on %(sheets)s sheets in %(seconds)s s", **counts))
    for reason, count in outcome.reasons.items():
        boxes_text = ngettext("%(num)s box", "%(num)s boxes", count)
        click.echo(f"  {boxes_text}: {REASONS[reason]}")
        of_reason = [issue for issue in outcome.issues if issue.reason == reason]
        for issue in of_reason[:SHOWN_ISSUES]:
            click.echo(f"    {issue.box} {issue.detail}".rstrip())
        if count > SHOWN_ISSUES:
            click.echo("    " + _("… all of them with --json"))
