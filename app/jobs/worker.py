"""The process that does the long work."""

import fcntl
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from app.core.outages import Unavailable, outage_of
from app.core.settings import settings
from app.jobs.service import ASK_AGAIN, Jobs, jobs

logger = logging.getLogger(__name__)

BEAT = 5.0
"""Seconds between two signs of life."""


def work(app: Flask) -> None:
    """Do the long work that pages hand over until told to end; a second worker waits until the first is gone."""
    with app.app_context(), _alone(settings().instance / "worker.lock"):
        known = jobs()
        _take_up(known)
        ended = threading.Event()
        pulse = threading.Thread(target=_pulse, args=(known, ended), daemon=True)
        pulse.start()
        known.queue.create_consumer(workers=1, periodic=False, max_delay=1.0, graceful_signal="TERM").run()
        ended.set()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock; it goes with the process, however that ends."""
    with path.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _take_up(known: Jobs) -> None:
    """Queue what the last worker left, as soon as the database is there."""
    while True:
        try:
            known.take_up()
        except Exception as error:
            if not isinstance(outage_of(error), Unavailable):
                raise
            logger.warning("the database is away; the worker waits")
            time.sleep(ASK_AGAIN)
        else:
            return


def _pulse(known: Jobs, ended: threading.Event) -> None:
    """Say now and then that the worker is alive, and look for jobs that the queue was not told of."""
    while True:
        try:
            known.board.beat()
            known.take_up_forgotten()
        except Exception as error:
            logger.warning(f"no sign of life could be given: {type(error).__name__}")
        if ended.wait(BEAT):
            return
