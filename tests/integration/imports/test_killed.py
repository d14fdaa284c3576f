"""An import that is killed leaves nothing; run to its end it leaves what it always does."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.staging import is_sqlite
from app.customers.models import (
    Account,
    Customer,
    CustomerPhone,
    MeterBox,
    MeterInstallation,
    MeterPoint,
)
from app.grid.models import GridCell
from tests.factories import make_cell, square
from tests.integration.imports.conftest import customers

ROWS, KILLS = 1500, 10
WRITTEN = (
    "import_run",
    "column_mapping",
    "account_text",
    "pair_posting",
    "special_care",
    "customer_phone",
)
TABLES = (*WRITTEN, "meter_installation", "meter_point", "meter_box", "account", "customer")

FORKING = """
import os, sys
from app.cli import main
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        sys.stdout = open(os.devnull, "w")
        main(["import", "customers", line.strip(), "--json"])
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs the command in a process of its own for each line, without the second that Python takes to start."""


class Program:
    """Starts imports, and ends them early on demand."""

    def __init__(self, process: "subprocess.Popen[str]", path: Path) -> None:
        self._process, self._path = process, path

    def run(self, kill_after: float | None = None) -> float:
        """Import the file; returns how long it took. Fails unless it ended well or was killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        started = time.perf_counter()
        self._process.stdin.write(f"{self._path}\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):  # it was quicker
                os.kill(child, signal.SIGKILL)
        assert int(self._process.stdout.readline()) in (0, -signal.SIGKILL)
        return time.perf_counter() - started


@contextmanager
def forking(database_url: str, tmp_path: Path) -> Iterator[Program]:
    path = tmp_path / "customers.csv"
    path.write_text(customers(*[{"表箱号": f"BX{number // 5}"} for number in range(ROWS)]), "utf-8")
    environment = os.environ | {
        "GRIDCRM_DATABASE_URL": database_url,
        "GRIDCRM_INSTANCE": str(tmp_path / "program"),
        "GRIDCRM_LANGUAGE": "en",
    }
    command = [sys.executable, "-c", FORKING]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        yield Program(process, path)
        assert process.stdin is not None
        process.stdin.close()


def register(session: Session) -> list[Any]:
    """All that an import writes, by natural keys."""
    session.rollback()
    statements = (
        select(Customer.number, Customer.name, Customer.initials, CustomerPhone.number).join(CustomerPhone),
        select(Account.number, Account.address, Customer.number).join(Customer),
        select(MeterPoint.number, MeterPoint.reason, GridCell.code, MeterBox.number, Account.number)
        .join(MeterPoint.box)
        .join(MeterPoint.account)
        .join(MeterPoint.cell),
        select(MeterInstallation.asset_no, MeterInstallation.valid_from, MeterPoint.number).join(MeterPoint),
        select(GridCell.code, GridCell.households),
        text("select number, t.name, t.address from account_text t join account on account.id = account_id"),
        text("select kind, filename from import_run"),
    )
    return [sorted(map(str, session.execute(statement))) for statement in statements]


def empty(session: Session) -> None:
    for table in TABLES:
        session.execute(text(f"delete from {table}" if is_sqlite(session) else f"truncate {table} cascade"))
    session.execute(text("update grid_cell set households = 0, boxes = 0"))
    session.commit()


@pytest.mark.usefixtures("organisation")
def test_killed_imports_leave_nothing(session: Session, database_url: str, tmp_path: Path) -> None:
    make_cell(session, code="S1-A", shape=square())
    session.commit()
    moments = random.Random(7)
    with forking(database_url, tmp_path) as program:
        program.run()
        undisturbed = register(session)
        empty(session)
        nothing = register(session)
        duration = program.run()
        assert register(session) == undisturbed
        empty(session)
        for _number in range(KILLS):
            program.run(kill_after=moments.uniform(0.02, 0.95) * duration)
            left = register(session)
            assert left in (nothing, undisturbed)
            if left == undisturbed:
                empty(session)
        program.run()
        assert register(session) == undisturbed
