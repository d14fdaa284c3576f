"""What is counted and timed for monitoring, in every process; /metrics adds the processes up."""

import os
import shutil
from pathlib import Path

from prometheus_client import Counter, Histogram, values

REQUESTS = Counter(
    "gridcrm_requests", "Requests answered, by the route's pattern.", ("method", "route", "status"), registry=None
)
REQUEST_SECONDS = Histogram(
    "gridcrm_request_seconds",
    "How long requests took.",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=None,
)
JOB_SECONDS = Histogram(
    "gridcrm_job_seconds",
    "How long jobs took, by kind and by how they ended.",
    ("kind", "state"),
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600),
    registry=None,
)
FIGURES = (REQUESTS, REQUEST_SECONDS, JOB_SECONDS)


def share(folder: Path) -> None:
    """Keep the figures of this process and of its forks in files of `folder`, from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.get_value_class()
