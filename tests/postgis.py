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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Start a cluster on loopback; yields the address of its maintenance database."""
    folder = Path(tempfile.mkdtemp(prefix="gridcrm-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data, port = folder / "data", _free_port()

    def run(*command: str) -> None:
        subprocess.run(_as_postgres(list(command)), check=True, stdout=subprocess.DEVNULL, cwd="/")

    run(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--locale=C.UTF-8", "-E", "UTF8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
    options += " -c synchronous_commit=off -c shared_buffers=256MB -c max_connections=60"
    control = (str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"))
    run(*control, "-o", options, "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def create_database(maintenance: str, name: str, template: str | None = None) -> str:
    """Make a database, as a copy of `template` where one is named; returns its address."""
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'create database "{name}"' + (f' template "{template}"' if template else ""))  # type: ignore[arg-type]
    return maintenance.rsplit("/", 1)[0] + "/" + name


def drop_database(maintenance: str, name: str) -> None:
    """Drop a database and whoever is connected to it."""
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')  # type: ignore[arg-type]
