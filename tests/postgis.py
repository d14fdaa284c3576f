"""A throw-away PostGIS cluster for the tests and benchmarks that want the production database."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl of the newest PostgreSQL that has PostGIS."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    for initdb in reversed(found):
        if list(Path(f"/usr/share/postgresql/{initdb.parts[-3]}/extension").glob("postgis.control")):
            return initdb.parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextmanager
def cluster(programs: Path, kept: Path | None = None) -> Iterator[str]:
    """Start a cluster on loopback; yields the address of its maintenance database.

    `kept` is the folder in which it stays for the next time; without one it is gone afterwards.
    """
    folder = kept or Path(tempfile.mkdtemp(prefix="gridcrm-pg-"))
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", free_port()

    def run(*command: str) -> None:
        subprocess.run(as_postgres(list(command)), check=True, stdout=subprocess.DEVNULL, cwd="/")

    if not data.exists():
        locale = ("--lc-collate=C", "--lc-ctype=C.UTF-8", "-E", "UTF8")  # as docs/install.md makes databases
        run(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", *locale)
    options = f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
    options += " -c synchronous_commit=off -c shared_buffers=256MB -c max_connections=60"
    control = (str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"))
    run(*control, "-o", options, "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        run(*control, "-m", "fast" if kept else "immediate", "stop")
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def create_database(maintenance: str, name: str, template: str | None = None) -> str:
    """Make a database, as a copy of `template` where one is named; returns its address."""
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'create database "{name}"' + (f' template "{template}"' if template else ""))  # type: ignore[arg-type]
    return database_address(maintenance, name)


def database_address(maintenance: str, name: str) -> str:
    """The address of a database of the cluster."""
    return maintenance.rsplit("/", 1)[0] + "/" + name


def has_database(maintenance: str, name: str) -> bool:
    """Whether the cluster has such a database."""
    with psycopg.connect(maintenance) as connection:
        return connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone() is not None


def drop_database(maintenance: str, name: str) -> None:
    """Drop a database and whoever is connected to it."""
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')  # type: ignore[arg-type]
