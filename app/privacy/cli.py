"""gridcrm privacy."""

import json
import os
from pathlib import Path

import click
from flask_babel import gettext as _

from app.audit.actor import shell_actor
from app.core.database import database
from app.core.masking import mask_name
from app.privacy import queries, service


@click.group()
def privacy() -> None:
    """What is kept of a customer: shown to that customer, or erased on lawful request."""


@privacy.command("export")
@click.argument("account")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The JSON file to write.")
def export(account: str, out: Path) -> None:
    """Write all that is kept of the customer who holds ACCOUNT, and who looked at it."""
    with database().transaction() as session:
        kept = service.show(session, queries.customer_of_account(session, account), shell_actor())
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False, indent=2)
    click.echo(out)


@privacy.command("erase")
@click.argument("account")
@click.option("--reason", required=True, help="Why, such as the number of the request; it goes on record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(account: str, reason: str, yes: bool) -> None:
    """Erase name, phones, care marks, addresses and account numbers of the customer who holds ACCOUNT, for good."""
    with database().transaction() as session:
        customer = queries.customer_of_account(session, account)
        question = _("Erase %(name)s, for good?", name=mask_name(customer.name))
        if not yes and not click.confirm(question):
            raise click.Abort
        service.erase(session, customer, reason, shell_actor())
    click.echo(_("Erased. Backups keep it until they are replaced; a file that names the customer brings it back."))
