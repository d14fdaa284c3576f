"""The web server and the worker as one service."""

import http.client
import multiprocessing
import signal
import socket
import time
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Any

import click
from flask import Flask
from flask_babel import gettext as _
from gunicorn.app.base import BaseApplication

from app import create_app
from app.core.errors import DomainError
from app.core.settings import Settings
from app.jobs.service import jobs

FORK = multiprocessing.get_context("fork")
"""Web and worker are forks of a process that has imported everything: a second import would double the start."""

GRACE = 30
"""Seconds that a running request or job has to end."""


class _Web(BaseApplication):
    """gunicorn over an application that each of its processes makes for itself."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app()


def work() -> None:
    """Do the long work that pages hand over, until told to end."""
    with create_app().app_context():
        known = jobs()
        known.take_up()
        known.queue.create_consumer(workers=1, periodic=False, max_delay=1.0).run()


def _start_worker() -> ForkProcess:
    worker = FORK.Process(target=work)
    worker.start()
    return worker


def _start_web(settings: Settings, host: str, threads: int) -> ForkProcess:
    web = _Web(
        bind=f"{host}:{settings.server_port}",
        workers=2,
        worker_class="gthread",
        threads=threads,
        graceful_timeout=GRACE,
        timeout=120,
        loglevel="warning",
        control_socket_disable=True,
    )
    process = FORK.Process(target=web.run)
    process.start()
    return process


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
        while web.is_alive() and not _answers(host, settings.server_port):
            time.sleep(0.1)
        if web.is_alive():
            click.echo(_("gridcrm is at http://%(host)s:%(port)s", host=host, port=settings.server_port))
        while web.is_alive():
            if not worker.is_alive():
                worker = _start_worker()
            web.join(0.5)
    finally:
        worker.terminate()
        worker.join(GRACE)
        worker.kill()
    return web.exitcode or 0
