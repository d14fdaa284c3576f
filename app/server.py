"""The web server and the worker as one service."""

import ctypes
import gc
import http.client
import logging
import multiprocessing
import signal
import socket
import sys
import time
from multiprocessing.context import ForkProcess
from threading import Thread
from types import FrameType
from typing import Any

import click
from flask import Flask
from flask_babel import gettext as _
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from app import create_app
from app.core import figures
from app.core.errors import DomainError
from app.core.settings import Settings
from app.core.templating import compile_all
from app.jobs.worker import work as do_jobs
from app.plans.engine import load_engine

FORK = multiprocessing.get_context("fork")
"""Web and worker are forks of a process that has imported everything: a second import would double the start."""

GRACE = 30
"""Seconds that a running request or job has to end."""
THREADS = 4
"""Requests that one process works on at a time: threads of one process wait for each other, processes do not."""
SWITCH = 0.0005
"""Seconds after which a thread that computes lets another on; an answer of the database waits as long for its turn."""
PR_SET_PDEATHSIG = 1


class _Log(Logger):
    """gunicorn's sentences in the program's own log; requests are noted by the application, without addresses."""

    def setup(self, cfg: Any) -> None:
        self.cfg, self.loglevel, self._access_log_enabled = cfg, logging.WARNING, False
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True
        self.access_log.disabled = True


class _Web(BaseApplication):
    """gunicorn over one application, made once and ready to answer before its processes are forked."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        sys.setswitchinterval(SWITCH)
        app = create_app()
        compile_all(app)
        with app.app_context():
            load_engine()  # once, for all processes that are forked from this one
        gc.collect()
        gc.freeze()  # what is loaded stays: no request waits while the collector goes through half a million objects
        return app


def work() -> None:
    """Do the long work that pages hand over, until told to end."""
    app = create_app()

    def load() -> None:
        with app.app_context():
            load_engine()

    Thread(target=load, name="load-engine", daemon=True).start()  # no job waits for what it may not need
    do_jobs(app)


def _end_with_parent() -> None:
    """Be told to end when the service's first process is killed: nothing of it may be left to write on."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:  # Linux
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _run_worker() -> None:
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    work()


def _run_web(options: dict[str, Any]) -> None:
    _end_with_parent()
    _Web(**options).run()


def _start_worker() -> ForkProcess:
    worker = FORK.Process(target=_run_worker)
    worker.start()
    return worker


def _start_web(settings: Settings, host: str) -> ForkProcess:
    options = {
        "bind": f"{host}:{settings.server_port}",
        "workers": settings.web_processes,
        "worker_class": "gthread",
        "threads": THREADS,
        "preload_app": True,
        "reuse_port": True,  # the kernel deals connections out evenly; one shared socket lets the busiest take them all
        "graceful_timeout": GRACE,
        "keepalive": 30,  # seconds: people think between two pages
        "timeout": 120,
        "logger_class": _Log,
        "control_socket_disable": True,
    }
    process = FORK.Process(target=_run_web, args=(options,))
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


def serve(settings: Settings, host: str) -> int:
    """Run gunicorn and one worker until told to end, say where once they answer; returns gunicorn's exit code.

    Told to end, both take nothing new and have 30 seconds for what they are doing.
    """
    _refuse_taken_port(host, settings.server_port)
    figures.share(settings.instance / "metrics")
    web, worker, ending = _start_web(settings, host), _start_worker(), False

    def end(_signal: int, _frame: FrameType | None) -> None:
        nonlocal ending
        ending = True
        for process in (web, worker):
            process.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
        while web.is_alive() and not _answers(host, settings.server_port):
            time.sleep(0.1)
        if web.is_alive() and not ending:
            click.echo(_("gridcrm is at http://%(host)s:%(port)s", host=host, port=settings.server_port))
        while web.is_alive():
            if not worker.is_alive() and not ending:
                worker = _start_worker()
            web.join(0.5)
    finally:
        if not ending:  # a second signal would cut the running job short
            worker.terminate()
        worker.join(GRACE)
        worker.kill()
    return web.exitcode or 0
