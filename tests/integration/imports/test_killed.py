"""An import that is killed leaves nothing; run to its end it leaves what it always does."""

import random
import signal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
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
from tests.processes import Program, forking, same_place

ROWS, KILLS = 1500, 5
WRITTEN = (
    "import_run",
    "column_mapping",
    "account_text",
    "pair_posting",
    "special_care",
    "customer_phone",
)
TABLES = (*WRITTEN, "meter_installation", "meter_point", "meter_box", "account", "customer")


class Import:
    """One file, brought in as often as one likes, to its end or not."""

    def __init__(self, program: Program, path: Path) -> None:
        self._program, self._path = program, path

    def run(self, kill_after: float | None = None) -> float:
        """Import the file; returns how long it took. Fails unless it ended well or was killed."""
        words = ["customers", str(self._path), "--json"]
        code, seconds = self._program.command("import", *words, kill_after=kill_after)
        assert code in (0, -signal.SIGKILL)
        return seconds


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
def test_killed_imports_leave_nothing(app: Flask, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(customers(*[{"表箱号": f"BX{number // 5}"} for number in range(ROWS)]), "utf-8")
    make_cell(session, code="S1-A", shape=square())
    session.commit()
    moments = random.Random(7)
    with forking(same_place(app)) as program:
        bring = Import(program, path)
        bring.run()
        undisturbed = register(session)
        empty(session)
        nothing = register(session)
        duration = bring.run()
        assert register(session) == undisturbed
        empty(session)
        for _number in range(KILLS):
            bring.run(kill_after=moments.uniform(0.02, 0.95) * duration)
            left = register(session)
            assert left in (nothing, undisturbed)
            if left == undisturbed:
                empty(session)
        bring.run()
        assert register(session) == undisturbed
