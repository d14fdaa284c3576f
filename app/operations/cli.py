"""The commands `gridcrm backup` and `gridcrm restore`."""

import json
from pathlib import Path

import click
from flask_babel import gettext as _

from app.audit.actor import shell_actor
from app.audit.service import record
from app.core.database import database
from app.core.settings import settings
from app.operations import metrics
from app.operations.backup import service


@click.command()
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Restore into a scratch place and compare every table before it counts.")
@click.option(
    "--scratch",
    envvar="GRIDCRM_SCRATCH_DATABASE_URL",
    help="An empty PostgreSQL database with PostGIS for --verify; else one is made and dropped.",
)
@click.option("--without-key", is_flag=True, help="Leave the secret key out; keep it elsewhere.")
@click.option("--keep", type=click.IntRange(min=1), help="In a folder, delete all but the newest so many backups.")
@click.option("--json", "as_json", is_flag=True, help="Say what was made as JSON.")
def backup(
    destination: Path, verify: bool, scratch: str | None, without_key: bool, keep: int | None, as_json: bool
) -> None:
    """Back the register up into one file while the service runs.

    DESTINATION is a new file, or a folder in which the file gets a name after the moment.
    """
    made = service.back_up(settings(), destination, with_key=not without_key, verify=verify, scratch=scratch)
    with database().transaction() as session:
        record(
            session, shell_actor(), "operations.backup", made.path.name, verified=verify, with_key=made.manifest.has_key
        )
    metrics.note_backup(settings(), made.size)
    gone = service.forget_older(made.path.parent, made.path, keep) if keep and destination.is_dir() else []
    if as_json:
        told = {"path": str(made.path), "bytes": made.size, "seconds": made.seconds, "verified": verify}
        told |= {"has_key": made.manifest.has_key, "forgotten": len(gone)}
        click.echo(json.dumps(told | {"tables": {name: held.rows for name, held in made.manifest.tables.items()}}))
        return
    rows = sum(held.rows for held in made.manifest.tables.values())
    click.echo(
        _("%(path)s: %(rows)s rows in %(tables)s tables, %(megabytes)s MB, %(seconds)s s.", path=str(made.path),
          rows=f"{rows:,}", tables=len(made.manifest.tables), megabytes=f"{made.size / 1e6:,.1f}", seconds=made.seconds)
    )  # fmt: skip
    if verify:
        click.echo(_("Restored into a scratch place and compared: every table is the same."))
    if made.manifest.has_key:
        click.echo(_("It holds the secret key and everybody's data. Whoever has the file has the register."))
    else:
        click.echo(
            _("It does not hold the secret key. Keep that apart: without it second factors must be set up anew.")
        )


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put the backup in the place of a register that holds data.")
@click.option("--json", "as_json", is_flag=True, help="Say what was restored as JSON.")
def restore(source: Path, replace: bool, as_json: bool) -> None:
    """Put a backup in the place of the register, as one step: whoever is interrupted keeps the old one."""
    restored = service.restore(settings(), source, replace=replace)
    with database().transaction() as session:
        record(session, shell_actor(), "operations.restore", source.name, made_at=restored.manifest.made_at)
    rows = sum(held.rows for held in restored.manifest.tables.values())
    if as_json:
        told = {"made_at": restored.manifest.made_at, "rows": rows, "seconds": restored.seconds}
        click.echo(json.dumps(told | {"key_fits": restored.key_fits}))
        return
    click.echo(
        _("Restored %(rows)s rows as of %(moment)s in %(seconds)s s.", rows=f"{rows:,}",
          moment=restored.manifest.made_at, seconds=restored.seconds)
    )  # fmt: skip
    if not restored.key_fits:
        click.echo(
            _("The secret key is another one than when the backup was made: second factors must be set up anew.")
        )
    click.echo(_("Restart the service, so that it takes up the restored key and jobs."))
