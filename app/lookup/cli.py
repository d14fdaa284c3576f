"""gridcrm lookup."""

import json

import click
from flask_babel import gettext as _

from app.audit.actor import shell_actor
from app.core.access import EVERYWHERE
from app.core.clock import today
from app.core.database import database
from app.customers.words import reason_words
from app.lookup.service import Hit, LookupAnswer, as_json, lookup, record_reveal


@click.command("lookup")
@click.argument("query")
@click.option("--json", "as_list", is_flag=True, help="Print a JSON list.")
@click.option("--limit", default=20, show_default=True, help="How many customers at the most.")
def lookup_command(query: str, as_list: bool, limit: int) -> None:
    """Who is this customer's manager?

    QUERY is a phone in any format, an account, meter, box or metering point number, a part of a name or address, or
    the pinyin initials of a name. Values are shown in full, and the look-up goes on record.
    """
    with database().reading() as session:
        answer = lookup(session, EVERYWHERE, query, today(), limit)
    with database().transaction() as session:
        for hit in answer.hits:
            record_reveal(session, shell_actor(), hit, query)
    if as_list:
        click.echo(json.dumps([as_json(hit) for hit in answer.hits], ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_card(hit) for hit in answer.hits) or _nothing(query, answer))


def _card(hit: Hit) -> str:
    served = hit.served
    manager = f"{served.manager.name} {served.manager.phone or ''}" if served.manager else _("nobody yet")
    backup = f"{served.backup.name} {served.backup.phone or ''}" if served.backup else ""
    lines = [
        (_("Account number"), served.account_no),
        (_("Customer’s name"), served.name),
        (_("Address"), served.address),
        (_("Grid cell"), f"{served.cell or ''} ({reason_words(served.reason)})"),
        (_("Customer manager"), manager),
        (_("Backup manager"), backup),
    ]
    return "".join(f"{label}: {value}\n" for label, value in lines if value)


def _nothing(query: str, answer: LookupAnswer) -> str:
    tried = "".join(f"\n- {meaning}" for meaning in answer.tried)
    return _("Nothing found for “%(query)s”.", query=query) + (f"\n{_('Looked for')}:{tried}" if tried else "")
