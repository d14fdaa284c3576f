"""The web server and the worker as one service."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

import click
from flask_babel import gettext as _

from app.core.errors import DomainError
from app.core.settings import Settings

GRACE = 30
"""Seconds that a running request or job has to end."""


def _start_worker() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "app.cli", "worker"])


def _start_web(settings: Settings, host: str, threads: int) -> subprocess.Popen[bytes]:
    arguments = ["-m", "gunicorn", "wsgi:app", "--bind", f"{host}:{settings.server_port}", "--workers", "2"]
    arguments += ["--worker-class", "gthread", "--threads", str(threads), "--graceful-timeout", str(GRACE)]
    arguments += ["--timeout", "120", "--log-level", "warning"]
    return subprocess.Popen([sys.executable, *arguments])  # noqa: S603 - our own program


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = _("%(host)s:%(port)s cannot be used: %(reason)s. Choose another port by GRIDCRM_PORT.")
            raise DomainError(message, host=host, port=port, reason=error.strerror) from error


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def serve(settings: Settings, host: str, threads: int = 8) -> int:
    """Run gunicorn and one worker until told to end, say where once they answer; returns gunicorn's exit code."""
    _refuse_taken_port(host, settings.server_port)
    web, worker = _start_web(settings, host, threads), _start_worker()

    def end(_signal: int, _frame: FrameType | None) -> None:
        web.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        while web.poll() is None and not _answers(host, settings.server_port):
            time.sleep(0.1)
        if web.poll() is None:
            click.echo(_("gridcrm is at http://%(host)s:%(port)s", host=host, port=settings.server_port))
        while web.poll() is None:
            if worker.poll() is not None:
                worker = _start_worker()
            time.sleep(0.5)
    finally:
        worker.terminate()
        try:
            worker.wait(GRACE)
        except subprocess.TimeoutExpired:
            worker.kill()
    return web.returncode
