"""A server of its own for every test that kills something: another process, the same database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.jobs.models import Job

PATIENCE = 60
"""Seconds after which a test gives up; nothing is measured by it."""
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
        """Run `gridcrm backup` or `gridcrm restore`."""
        code = f"from app.operations.cli import {name}; {name}.main({list(words)!r}, standalone_mode=False)"
        return self.run(code, kill_after)


@contextmanager
def forking(environment: dict[str, str]) -> Iterator[Program]:
    command = [sys.executable, "-c", FORKING]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=os.environ | environment, text=True, **pipes) as process:
        yield Program(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def environment(app: Flask) -> dict[str, str]:
    """What a process needs to be the test's own gridcrm."""
    chosen = app.extensions["gridcrm.settings"]
    return {
        "GRIDCRM_DATABASE_URL": chosen.database_url,
        "GRIDCRM_INSTANCE": str(chosen.instance),
        "GRIDCRM_LANGUAGE": "en",
        "GRIDCRM_LOG": "json",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def program(environment: dict[str, str]) -> Iterator[Program]:
    with forking(environment) as program:
        yield program


def until(reached: Callable[[], bool]) -> None:
    """Wait until something is so."""
    give_up = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < give_up, "it never came to that"
        time.sleep(0.05)


def state_of(session: Session, job: Job) -> str:
    """The job's state as others have written it."""
    session.rollback()
    session.refresh(job)
    return job.state


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own that is soon full; only root can mount one."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
