"""The register in PostgreSQL: pg_dump of one snapshot, and back by pg_restore and psql in one transaction."""

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from flask_babel import gettext as _
from psycopg import sql
from sqlalchemy.engine import make_url

from app.core.errors import DomainError
from app.operations.backup.manifest import Contents

PART = "register.dump"
OWN = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind = any(%s) and c.relname not like 'huey%%' and not exists (
    select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by c.relname
"""
"""What is neither an extension's nor the queue's."""
OWN_FUNCTIONS = """
select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = 'public' and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
"""
LEFT_OUT = ("--exclude-table=public.huey*", "--exclude-table=*.spatial_ref_sys")
"""The queue fills itself from the job table; PostGIS brings its own table, which the owner of ours may not write."""
FORMS = "set local timezone = 'UTC'; set local datestyle = 'ISO'; set local bytea_output = 'hex'"
DIGEST = "coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text"


def plain(url: str) -> str:
    """The address as psycopg and libpq write it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def _environment(url: str) -> dict[str, str]:
    """The address for PostgreSQL's programs; a password never stands on a command line."""
    given = make_url(plain(url))
    known = {
        "PGHOST": given.host,
        "PGPORT": given.port,
        "PGUSER": given.username,
        "PGPASSWORD": given.password,
        "PGDATABASE": given.database,
        "PGSSLMODE": given.query.get("sslmode"),
        "PGOPTIONS": given.query.get("options"),
    }
    return {**os.environ, **{name: str(value) for name, value in known.items() if value is not None}}


def _major(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def find_program(name: str, least: int) -> Path:
    """PostgreSQL's program of the oldest version that fits: an older one cannot speak with the server."""
    on_path = shutil.which(name)
    installed = [Path(on_path)] if on_path else []
    installed += Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    fitting = sorted((major, str(path)) for path in installed if (major := _major(path)) >= least)
    if not fitting:
        message = _("%(name)s of PostgreSQL %(least)s or newer is not installed. On Debian: apt install %(package)s")
        raise DomainError(message, name=name, least=least, package=f"postgresql-client-{least}")
    return Path(fitting[0][1])


def _server(connection: psycopg.Connection[Any]) -> int:
    return connection.info.server_version // 10000


def dump(url: str, folder: Path, with_digests: bool) -> tuple[Path, dict[str, Contents]]:
    """Dump the register into `folder`; returns the dump and what was in the register at that moment."""
    out = folder / PART
    with psycopg.connect(plain(url)) as connection:
        program = find_program("pg_dump", _server(connection))
        connection.execute("set transaction isolation level repeatable read, read only")
        row = connection.execute("select pg_export_snapshot()").fetchone()
        snapshot = row[0] if row else ""
        tables = contents(connection, with_digests)
        command = [program, "-Fc", f"--snapshot={snapshot}", *LEFT_OUT, "-f", out]
        _run(command, _environment(url))
    return out, tables


def contents(connection: psycopg.Connection[Any], with_digests: bool) -> dict[str, Contents]:
    """What the tables hold."""
    connection.execute(FORMS)
    found = {}
    for (name,) in connection.execute(OWN, (["r"],)).fetchall():
        digest = DIGEST if with_digests else "''"
        asked = sql.SQL("select count(*), {} from {} t").format(sql.SQL(digest), sql.Identifier("public", name))
        row = connection.execute(asked).fetchone()
        found[name] = Contents(*row) if row else Contents(0)
    return found


def server_version(url: str) -> str:
    """What the server calls itself."""
    with psycopg.connect(plain(url)) as connection:
        return connection.info.parameter_status("server_version") or ""


def load(dumped: Path, url: str, tables: dict[str, Contents], afterwards: str = "") -> None:
    """Put a dump in the register's place in one transaction, which only ends when all rows are counted.

    `afterwards` is a last statement within it.

    The script goes through a pipe and its last word is `commit`: whoever is killed in the middle leaves the register
    as it was.
    """
    with psycopg.connect(plain(url), autocommit=True) as connection:
        least = _server(connection)
        drops = _drops(connection)
    restore, psql = find_program("pg_restore", least), find_program("psql", least)
    with tempfile.TemporaryFile() as said:
        speaker = subprocess.Popen(  # noqa: S603 - a program of PostgreSQL
            [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=_environment(url),
        )
        try:
            _dictate(
                speaker, restore, dumped, drops, f"{_counts(tables)}\nset local search_path = public;\n{afterwards}"
            )
        finally:
            if speaker.stdin and not speaker.stdin.closed:
                speaker.kill()
            code = speaker.wait()
        if code:
            said.seek(0)
            raise DomainError(_("The backup could not be restored; the register is as it was. %(reason)s"),
                              reason=_first_error(said.read()))  # fmt: skip


def _dictate(speaker: "subprocess.Popen[bytes]", restore: Path, dumped: Path, before: str, after: str) -> None:
    """Tell psql to begin, make room, take the dump, do what comes after, and commit."""
    pipe = speaker.stdin
    if pipe is None:
        return
    command = [str(restore), "--no-owner", "--no-privileges", "--no-comments", "-f", "-", str(dumped)]
    try:
        pipe.write(f"begin;\nset local lock_timeout = '60s';\n{before}\n".encode())
        with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:  # noqa: S603
            if reader.stdout:
                shutil.copyfileobj(reader.stdout, pipe)
        if reader.returncode:
            speaker.kill()
            return
        pipe.write(f"{after}\ncommit;\n".encode())
        pipe.close()
    except BrokenPipeError:  # psql met an error and has gone; it says which
        speaker.wait()


def _drops(connection: psycopg.Connection[Any]) -> str:
    """The statements that make room for the tables of a dump."""
    tables = [name for (name,) in connection.execute(OWN, (["r", "p"],))]
    functions = [name for (name,) in connection.execute(OWN_FUNCTIONS)]
    statements = [sql.SQL("drop table {} cascade;").format(sql.Identifier("public", name)) for name in tables]
    return "\n".join(
        [
            *(statement.as_string(connection) for statement in statements),
            *(f"drop function {name} cascade;" for name in functions),
        ]
    )


def _counts(tables: dict[str, Contents]) -> str:
    """Statements that fail where a table has not as many rows as the backup says."""
    check = (
        "if (select count(*) from public.\"{name}\") <> {rows} then raise exception '{name}: rows are missing'; end if;"
    )
    checks = [check.format(name=name, rows=contents.rows) for name, contents in tables.items()]
    return "\n".join(["do $$ begin", *checks, "end $$;"])


@contextmanager
def scratch_database(url: str, given: str | None) -> Iterator[str]:
    """An empty database to restore into for a comparison: the one given, or one beside the register; emptied after."""
    if given:
        with psycopg.connect(plain(given), autocommit=True) as connection:
            if connection.execute(OWN, (["r", "p"],)).fetchone():
                raise DomainError(_("The database for the comparison is not empty. Name one without tables."))
        yield given
        with psycopg.connect(plain(given), autocommit=True) as connection:
            connection.execute(_drops(connection).encode())
        return
    name = f"gridcrm_verify_{secrets.token_hex(6)}"
    with psycopg.connect(plain(url), autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            text = _(
                "The role may not create a database for the comparison. Name an empty one with PostGIS by --scratch."
            )
            raise DomainError(text) from error
        try:
            yield make_url(plain(url)).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def contents_of(url: str) -> dict[str, Contents]:
    """What the tables of a database hold, with digests."""
    with psycopg.connect(plain(url)) as connection:
        return contents(connection, with_digests=True)


def _run(command: list[Any], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True)  # noqa: S603 - a program of PostgreSQL
    if done.returncode:
        reason = _first_error(done.stderr)
        raise DomainError(_("%(program)s failed: %(reason)s", program=Path(command[0]).name, reason=reason))


def _first_error(said: bytes) -> str:
    """The first line that tells of an error; what follows may quote rows."""
    lines = said.decode(errors="replace").splitlines()
    return next((line for line in lines if "error" in line.lower() or "fatal" in line.lower()), "")[:300]
