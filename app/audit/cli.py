"""The commands `gridcrm audit ...`."""

import json
import re
import sys
from datetime import datetime, timedelta

import click
from flask_babel import gettext as _

from app.audit import purge as purging
from app.audit import queries
from app.audit.actor import shell_actor
from app.audit.models import AuditEntry
from app.audit.queries import Filter
from app.audit.subjects import customer_asked_for
from app.audit.verify import Place
from app.audit.verify import verify as verify_chain
from app.audit.words import action_words, break_words, lines
from app.core.clock import ZONE
from app.core.commands import Program
from app.core.database import database
from app.core.errors import DomainError
from app.core.model import now
from app.core.settings import settings

SHOWN_BREAKS = 20
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=Program)
def audit() -> None:
    """The trail: show it, prove it, purge it."""


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,18}:[0-9a-f]{64}", text):
        raise DomainError(_("Write --expect as NUMBER:HASH, the way this command prints the head."))
    number, _colon, head = text.partition(":")
    return Place(int(number), head)


@audit.command()
@click.option("--expect", metavar="NUMBER:HASH", help="A head printed earlier and kept elsewhere.")
@AS_JSON
def verify(expect: str | None, as_json: bool) -> None:
    """Prove the chain of the trail; exits with 1 where an act was changed, removed, put in or moved.

    Keep the head that it prints elsewhere: by --expect it is found out, too, when the newest acts are cut off.
    """
    with database().reading() as session:
        verdict = verify_chain(session, _place(expect))
    if as_json:
        click.echo(json.dumps(verdict.as_json()))
    else:
        for torn in verdict.breaks[:SHOWN_BREAKS]:
            click.echo(break_words(torn.kind, torn.number, torn.last))
        if verdict.is_whole:
            click.echo(_("All %(count)s acts were proven: nothing was changed or removed.", count=verdict.acts))
        else:
            click.echo(_("The trail is torn in %(count)s places.", count=verdict.torn))
        click.echo(_("Head: %(head)s", head=str(verdict.head)))
    if not verdict.is_whole:
        sys.exit(1)


@audit.command()
@click.option("--person", default="", help="The sign-in name.")
@click.option("--customer", default="", metavar="ACCOUNT", help="An account number, or customer:ID.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day, as 2026-01-31.")
@click.option("--action", default="", help="The kind of act, such as lookup.reveal.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="How many at the most.")
@AS_JSON
def show(person: str, customer: str, day: datetime | None, action: str, limit: int, as_json: bool) -> None:
    """Print the newest acts, in the order of their numbers."""
    on = day.date() if day else None
    with database().reading() as session:
        wanted = Filter(person, action, customer_asked_for(session, customer), on, on)
        found = queries.newest(session, wanted, limit)
    if as_json:
        click.echo(json.dumps([_as_json(entry) for entry in found], ensure_ascii=False, indent=2))
        return
    for entry in found:
        moment = queries.in_zone(entry.at).strftime("%Y-%m-%d %H:%M:%S")
        said = "; ".join(map(str, lines(entry.details)))
        click.echo(f"{entry.id}\t{moment}\t{entry.actor}\t{action_words(entry.action)}\t{entry.subject}\t{said}")


def _as_json(entry: AuditEntry) -> dict[str, object]:
    return {
        "number": entry.id,
        "at": queries.in_zone(entry.at).isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "customer_id": entry.customer_id,
        "details": entry.details,
        "hash": entry.hash,
    }


@audit.command()
def purge() -> None:
    """Remove acts older than GRIDCRM_AUDIT_DAYS; where the chain goes on is put on record first."""
    moment = queries.midnight(now().astimezone(ZONE).date() - timedelta(days=settings().audit_days))
    with database().transaction() as session:
        purging.require_right(session)
        purging.mark(session, moment, shell_actor())
    with database().transaction() as session:
        count = purging.remove(session)
    click.echo(_("%(count)s acts removed.", count=count))
