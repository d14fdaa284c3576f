"""The web server and the worker as one service."""

import signal
import subprocess
import sys
import time
from types import FrameType

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


def serve(settings: Settings, host: str, threads: int = 8) -> int:
    """Run gunicorn and one worker until told to end; returns gunicorn's exit code."""
    web, worker = _start_web(settings, host, threads), _start_worker()

    def end(_signal: int, _frame: FrameType | None) -> None:
        web.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    try:
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
