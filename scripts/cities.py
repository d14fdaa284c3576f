"""The demo cities that benchmarks measure on: made once by the product's own command, kept in a folder, only read.

PostGIS comes from a cluster of its own, on the machine's programs, that runs as long as somebody measures.
"""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from figures import ROOT, Options
from flask import Flask
from flask_babel import force_locale

from app import create_app
from app.core.database import Database, database
from app.core.settings import Settings
from tests import postgis

READY = "city-is-complete"
START = 180
"""Seconds within which the service has to answer, on a machine that does other things too."""


@dataclass(frozen=True)
class City:
    """A register of so many households; `maintenance` is the address of its cluster, none on SQLite."""

    database: str
    size: int
    instance: Path
    url: str
    maintenance: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What tells `gridcrm` to work on it."""
        there = {"GRIDCRM_INSTANCE": str(self.instance), "GRIDCRM_DATABASE_URL": self.url}
        return os.environ | there | {"GRIDCRM_REQUESTS_PER_MINUTE": "0", "PYTHONPATH": str(ROOT)}

    def run(self, *command: str) -> None:
        """Run a `gridcrm` command on it."""
        subprocess.run([sys.executable, "-m", "app.cli", *command], env=self.environment, check=True, cwd=ROOT)

    @contextmanager
    def opened(self) -> Iterator[Flask]:
        """The application over it, in a context, speaking English."""
        app = create_app(Settings(instance=self.instance, database_url=self.url, requests_per_minute=0))
        with app.app_context(), force_locale("en"):
            yield app
            database().engine.dispose()

    @contextmanager
    def register(self) -> Iterator[Database]:
        """Its database."""
        with self.opened():
            yield database()

    @contextmanager
    def copy(self) -> Iterator["City"]:
        """A copy to write to, gone afterwards."""
        instance = self.instance.with_name(self.instance.name + "-copy")
        shutil.rmtree(instance, ignore_errors=True)
        instance.mkdir()
        url = f"sqlite:///{instance / 'gridcrm.sqlite3'}"
        if self.maintenance:
            url = postgis.create_database(self.maintenance, instance.name, self.instance.name)
        else:
            subprocess.run(["cp", "--reflink=auto", *self.instance.glob("gridcrm.sqlite3*"), instance], check=True)
        try:
            yield replace(self, instance=instance, url=url)
        finally:
            if self.maintenance:
                postgis.drop_database(self.maintenance, instance.name)
            shutil.rmtree(instance)

    @contextmanager
    def served(self) -> Iterator[str]:
        """`gridcrm serve` over it as a process; yields its address."""
        port = postgis.free_port()
        command, environment = (
            [sys.executable, "-m", "app.cli", "serve"],
            self.environment | {"GRIDCRM_PORT": str(port)},
        )
        with (self.instance / "serve.log").open("w") as log:
            server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    latest = time.monotonic() + START
    while time.monotonic() < latest and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the server does not answer: serve.log in the city's folder says why")


@contextmanager
def cities(options: Options) -> Iterator[list[City]]:
    """The demo city in each size on each database."""
    with _registers(options, options.sizes) as registers:
        for city in registers:
            if not (city.instance / READY).exists():
                print(f"making {city.instance.name}", flush=True)
                city.run("migrate")
                city.run("demo", "--households", str(city.size), "--once")
                _settle(city)
                (city.instance / READY).touch()
            else:
                city.run("migrate")
        yield registers


@contextmanager
def empty(options: Options) -> Iterator[list[City]]:
    """An empty register on each database, made anew."""
    with _registers(options, (0,)) as registers:
        for city in registers:
            shutil.rmtree(city.instance)
            city.instance.mkdir()
            if city.maintenance:
                postgis.drop_database(city.maintenance, city.instance.name)
                postgis.create_database(city.maintenance, city.instance.name)
            city.run("migrate")
        yield registers


@contextmanager
def _registers(options: Options, sizes: tuple[int, ...]) -> Iterator[list[City]]:
    options.cities.mkdir(parents=True, exist_ok=True)
    found = []
    if "sqlite" in options.databases:
        for size in sizes:
            folder = options.cities / f"sqlite-{size}"
            found.append(City("sqlite", size, folder, f"sqlite:///{folder / 'gridcrm.sqlite3'}"))
    if "postgis" not in options.databases:
        yield _with_folders(found)
        return
    programs = postgis.find_programs()
    if programs is None:
        raise SystemExit("PostGIS is not installed: install postgresql-15-postgis-3, or say --databases sqlite")
    with postgis.cluster(programs, _cluster_folder(options.cities)) as maintenance:
        for size in sizes:
            folder = options.cities / f"postgis-{size}"
            url = postgis.database_address(maintenance, folder.name)
            if not postgis.has_database(maintenance, folder.name):
                shutil.rmtree(folder, ignore_errors=True)
                postgis.create_database(maintenance, folder.name)
            found.append(City("postgis", size, folder, url, maintenance))
        yield _with_folders(found)


def _cluster_folder(cities: Path) -> Path | None:
    """Where the cluster stays; nowhere, and its cities are made again, where its user may not enter the folder."""
    reached = subprocess.run(postgis.as_postgres(["test", "-x", str(cities)]), check=False).returncode == 0
    return cities / "cluster" if reached else None


def _with_folders(found: list[City]) -> list[City]:
    for city in found:
        city.instance.mkdir(exist_ok=True)
    return found


def _settle(city: City) -> None:
    """Do what the database does by itself overnight."""
    with city.opened():
        engine = database().engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("vacuum analyze" if city.maintenance else "pragma wal_checkpoint(truncate)")
