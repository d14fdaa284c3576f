"""Start gridcrm by scripts/run in an empty instance, look around as a user would, stop, and start once more."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import quote, urlencode

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


class Visitor:
    """A browser's worth of cookies, and pages that must be there."""

    def __init__(self, port: int) -> None:
        self.host = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.opener.addheaders = [("Accept-Language", "zh")]

    def get(self, path: str, form: dict[str, str] | None = None) -> str:
        """The body of the page that a visit, or a form sent, ends at."""
        try:
            with self.opener.open(self.host + path, form and urlencode(form).encode(), timeout=30) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path}: {error.status}\n{error.read().decode()[:2000]}") from error

    def sign_in(self, login: str) -> None:
        """By the demo's own sign-in page."""
        page = self.get("/sign-in")
        field = f'name="login" value="{login}">\\s*<input type="hidden" name="password" value="([^"]+)"'
        token, password = re.search(r'name="csrf_token" value="([^"]+)"', page), re.search(field, page)
        if token is None or password is None:
            raise SystemExit(f"the sign-in page does not offer {login}")
        self.get("/sign-in", {"csrf_token": token[1], "login": login, "password": password[1], "next": "/"})


def an_account(instance: Path) -> str:
    """The number of some account of the demo city."""
    with sqlite3.connect(instance / "gridcrm.sqlite3") as database:
        return str(database.execute("select number from account order by number limit 1").fetchone()[0])


def look_around(port: int, account: str) -> None:
    """The pages and the look-up answer, and every front-end file is at its place."""
    visitor = Visitor(port)
    assert json.loads(visitor.get("/healthz")) == {"status": "ok"}
    assert json.loads(visitor.get("/readyz"))["status"] == "ok"
    visitor.sign_in("chief")
    page = visitor.get("/")
    assert '<html lang="zh' in page
    for name in ("bootstrap.min.css", "bootstrap.bundle.min.js", "htmx.min.js", "leaflet.js", "leaflet.css"):
        assert visitor.get(f"/static/vendor/{name}")
    assert "/managers/" in visitor.get(f"/lookup?q={quote(account)}"), f"{account} has no manager"


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
