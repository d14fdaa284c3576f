"""Run every bench_*.py beside this file, print their figures, and fail when one misses its floor."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Row:
    """One figure of a benchmark, with the bound it has to keep, if any."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    def line(self) -> str:
        bound = "" if self.at_least is None else f">= {self.at_least:g}"
        bound += "" if self.at_most is None else f"<= {self.at_most:g}"
        verdict = "" if not bound else "ok" if self.holds else "MISSED"
        return f"{self.what:<58}{self.value:>10.2f} {self.unit:<5}{bound:>10} {verdict}".rstrip()


def finish(rows: Sequence[Row], json_file: Path | None) -> int:
    """Print the rows, write them where asked, and give the exit code."""
    print("\n".join(row.line() for row in rows))
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", "utf-8")
    return 0 if all(row.holds for row in rows) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=HERE.parent / "build" / "bench.json", help="where to write")
    target = parser.parse_args().json
    target.parent.mkdir(parents=True, exist_ok=True)
    figures, codes = {}, []
    for script in sorted(HERE.glob("bench_*.py")):
        print(f"== {script.stem.removeprefix('bench_')}", flush=True)
        with tempfile.NamedTemporaryFile("r", encoding="utf-8", suffix=".json") as written:
            codes.append(subprocess.run([sys.executable, script, "--json", written.name], check=False).returncode)
            text = written.read()
        figures[script.stem.removeprefix("bench_")] = json.loads(text) if text else None
    target.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
