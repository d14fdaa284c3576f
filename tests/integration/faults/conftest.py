"""A server of its own for every test that kills something: another process, the same database."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.jobs.models import Job
from tests.processes import Program, forking, same_place


@pytest.fixture
def environment(app: Flask) -> dict[str, str]:
    """What a process needs to be the test's own gridcrm."""
    return same_place(app)


@pytest.fixture
def program(environment: dict[str, str]) -> Iterator[Program]:
    with forking(environment) as program:
        yield program


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
