"""Start gridcrm by scripts/run in an empty instance, look around as a user would, stop, and start once more."""

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 600
"""Seconds after which a start is given up."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(instance: Path, port: int) -> subprocess.Popen[str]:
    """Run scripts/run until it says where it serves."""
    began = time.monotonic()
    environment = os.environ | {
        "GRIDCRM_INSTANCE": str(instance),
        "GRIDCRM_PORT": str(port),
        "GRIDCRM_DEMO": "1",
        "GRIDCRM_DEMO_HOUSEHOLDS": "4000",
        "GRIDCRM_PUBLIC_URL": "http://cards.invalid",  # the demo prints it before the server answers
    }
    environment.pop("GRIDCRM_DATABASE_URL", None)
    process = subprocess.Popen(["scripts/run"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        for line in process.stdout or ():
            if f"http://127.0.0.1:{port}" in line:
                print(f"scripts/run: up after {time.monotonic() - began:.1f} s", flush=True)
                return process
    finally:
        watchdog.cancel()
    raise SystemExit(f"scripts/run ended with {process.wait()} and never said where it serves")


def stop(process: subprocess.Popen[str]) -> None:
    """End the server as a service manager does."""
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def get(port: int, path: str) -> str:
    """The body of a page that must be there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Accept-Language": "zh"})
    response = connection.getresponse()
    body = response.read().decode()
    if response.status != http.client.OK:
        raise SystemExit(f"{path}: {response.status}\n{body[:2000]}")
    return body


def an_account(instance: Path) -> str:
    """The number of some account of the demo city."""
    with sqlite3.connect(instance / "gridcrm.sqlite3") as database:
        return str(database.execute("select number from account order by number limit 1").fetchone()[0])


def look_around(port: int, account: str) -> None:
    """The pages and the look-up answer, and every front-end file is at its place."""
    assert json.loads(get(port, "/healthz")) == {"status": "ok"}
    page = get(port, "/")
    assert '<html lang="zh' in page
    for name in ("bootstrap.min.css", "bootstrap.bundle.min.js", "htmx.min.js", "leaflet.js", "leaflet.css"):
        assert get(port, f"/static/vendor/{name}")
    hits = json.loads(get(port, f"/api/v1/lookup?q={quote(account)}"))
    assert hits, f"{account} is not found"
    assert hits[0]["manager"], f"{account} has no manager"


def main() -> None:
    """Fresh start, look around, second start with the data kept."""
    with tempfile.TemporaryDirectory(prefix="gridcrm-smoke-") as folder:
        instance, port = Path(folder, "instance"), free_port()
        server = start(instance, port)
        try:
            account = an_account(instance)
            look_around(port, account)
        finally:
            stop(server)
        server = start(instance, port)
        try:
            look_around(port, account)
        finally:
            stop(server)


if __name__ == "__main__":
    main()
