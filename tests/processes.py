"""gridcrm in processes of its own that can be killed, with the database and instance of a test."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask

FORKING = """
import os, sys, traceback
from app.server import create_app
app = create_app()
app.app_context().push()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
        try:
            exec(line)
            code = 0
        finally:
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Does what a line says in a process of its own, without the seconds that Python and the application take to start."""
PATIENCE = 60
"""Seconds after which a test gives up; nothing is measured by it."""


class Program:
    """Does things in processes that can be killed, all with the test's database and instance."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, code: str, kill_after: float | None = None) -> tuple[int, float]:
        """Run a line of code, kill it after so many seconds; returns its exit code and how long it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        started = time.perf_counter()
        self._process.stdin.write(f"{code}\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):  # it was quicker
                os.kill(child, signal.SIGKILL)
        code = int(self._process.stdout.readline())
        return code, time.perf_counter() - started

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
    command = [sys.executable, "-c", FORKING]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=os.environ | environment, text=True, **pipes) as process:
        yield Program(process)
        assert process.stdin is not None
        process.stdin.close()


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
def service(environment: dict[str, str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """`gridcrm serve` in a process group of its own, which answers; nothing of it is left afterwards."""
    command = [sys.executable, "-m", "app.cli", "serve"]
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    known = os.environ | environment | {"GRIDCRM_PORT": str(port)}
    with subprocess.Popen(command, env=known, start_new_session=True, **silent) as process:
        try:
            until(lambda: answers(port))
            yield process
        finally:
            end_all(process)


def end_all(process: "subprocess.Popen[bytes]") -> None:
    """Kill all of a service as a power cut does."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


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
