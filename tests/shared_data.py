"""Where real data for tests and benchmarks lies, on machines that have it."""

import os
from pathlib import Path

SHARED = Path(os.environ.get("GRIDCRM_SHARED", Path(__file__).resolve().parents[2] / "shared")) / "data"
