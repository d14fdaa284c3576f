"""gridcrm in processes of its own that can be killed, with the database and instance of a test."""

import http.client
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from flask import Flask, current_app

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["app.cli", "gis.rebalance", "tests.processes"])
"""All are forks of one process that has imported everything: otherwise each would take seconds to start."""
PATIENCE = 60
"""Seconds after which a test gives up; nothing is measured by it."""


class Program:
    """Does things in processes that can be killed, all with the test's database and instance."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def run(self, code: str, kill_after: float | None = None) -> tuple[int, float]:
        """Run a line of code, kill it after so many seconds; returns its exit code and how long it took."""
        started = time.perf_counter()
        self._line.send(code)
        child = self._line.recv()
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):  # it was quicker
                os.kill(child, signal.SIGKILL)
        return self._line.recv(), time.perf_counter() - started

    def command(self, name: str, *words: str, kill_after: float | None = None) -> tuple[int, float]:
        """Run `gridcrm` with the name of a command and what follows it."""
        code = f"from app.cli import main; main.commands[{name!r}].main({list(words)!r}, standalone_mode=False)"
        return self.run(code, kill_after)


def same_place(app: Flask) -> dict[str, str]:
    """What a process needs to be a test's own gridcrm."""
    chosen = app.extensions["gridcrm.settings"]
    return {
        "GRIDCRM_DATABASE_URL": chosen.database_url,
        "GRIDCRM_INSTANCE": str(chosen.instance),
        "GRIDCRM_LANGUAGE": "en",
        "GRIDCRM_LOG": "json",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def forking(environment: dict[str, str]) -> Iterator[Program]:
    """A program that is ready, for as long as this lasts."""
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=_fork_for_each, args=(environment, theirs))
    process.start()
    theirs.close()
    with ours:
        yield Program(ours)
    process.join()
    process.close()


def _become(environment: dict[str, str]) -> None:
    """Say nothing, and know what the test's own gridcrm knows."""
    os.environ.update(environment)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)


def _fork_for_each(environment: dict[str, str], line: Connection) -> None:
    """Do what each line says in a process of its own that has the application ready."""
    _become(environment)
    from app.server import create_app

    create_app().app_context().push()
    with suppress(EOFError):
        while code := line.recv():
            child = os.fork()
            if child == 0:
                _do(code)
            line.send(child)
            line.send(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _do(code: str) -> None:
    failed = 1
    try:
        exec(code, {"app": current_app._get_current_object(), "os": os})  # noqa: S102
        failed = 0
    finally:
        os._exit(failed)


def until(reached: Callable[[], bool]) -> None:
    """Wait until something is so."""
    give_up = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < give_up, "it never came to that"
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def service(environment: dict[str, str], port: int) -> Iterator[ForkServerProcess]:
    """`gridcrm serve` in a process group of its own, which answers; nothing of it is left afterwards."""
    process = FORKS.Process(target=_serve, args=(environment | {"GRIDCRM_PORT": str(port)},))
    process.start()
    try:
        until(lambda: answers(port))
        yield process
    finally:
        end_all(process)
        process.close()


def _serve(environment: dict[str, str]) -> None:
    os.setsid()
    _become(environment)
    from app.cli import main

    main.main(["serve"])


def end_all(process: ForkServerProcess) -> None:
    """Kill all of a service as a power cut does."""
    assert process.pid is not None
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def answers(port: int) -> bool:
    """Whether new requests are taken; a service that ends leaves them waiting at its door."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
