"""A register whose every text tries to be something else: markup, a template, a formula, typesetting."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import null
from sqlalchemy.orm import Session

from app.imports.models import ImportRun
from app.jobs.models import Job
from tests.factories import (
    make_account,
    make_area,
    make_box,
    make_cell,
    make_customer,
    make_manager,
    make_meter_point,
    make_station,
    own,
)

MARKUP = "<script>window.taken=1</script>\"><img src=x onerror=window.taken=1>'{{7*7}}${7*7}"
TYPESET = '#import "x": * #eval("1") $x^2$ @ref <y> *b* _i_ // \\ #read("/etc/passwd")'
FORMULA = "=cmd|' /C calc'!A0"
TEXT = f"{FORMULA}{MARKUP}{TYPESET}"
CODE = '"><img src=x onerror=window.taken=1>{{7*7}}'


@dataclass(frozen=True)
class Register:
    """What stands in it, by what addresses of pages name."""

    cell: str
    manager: str
    station: str
    account: str
    unassigned: str
    run: int
    job: int
    token: str


def hostile_register(session: Session) -> Register:
    station = make_station(session, code=f"S{CODE}", name=TEXT, supervision_phone="07522345678")
    area = make_area(session, station, code=f"T{CODE}", name=TEXT)
    manager = make_manager(session, station, code=f"K{CODE}", name=TEXT, work_phone="13800138000")
    cell = make_cell(session, station, code=f"C{CODE}", households=3)
    own(session, cell, manager)
    inside = {"cell_id": cell.id, "reason": "inside", "cause": null()}
    box = make_box(
        session, station, (114.405, 23.105), number=f"B{CODE}", address=TEXT, transformer_area_id=area.id, **inside
    )
    customer = make_customer(session, ("13812345678",), number=f"K{CODE}", name=TEXT)
    account = make_account(session, customer, number=f"A{CODE}", address=TEXT)
    make_meter_point(session, box, account, number=f"M{CODE}", **inside)
    lost = make_box(session, station, (114.9, 23.9), number=f"L{CODE}", address=TEXT)
    make_meter_point(session, lost, account, number=f"N{CODE}")
    job = Job(kind="import", title=TEXT, language="zh", state="failed", error=TEXT, parameters={})
    session.add(job)
    session.flush()
    issue = {
        "row": 1,
        "field": "name",
        "column": TEXT,
        "value": TEXT,
        "code": "unknown_unit",
        "details": {"value": TEXT},
    }
    run = ImportRun(
        kind="customers", filename=TEXT, path=None, options={}, job_id=job.id, issues=[issue],
        outcome={"rows": 1, "codes": {"unknown_unit": 1}, "rejected": 1, "warnings": []}, finished_at=datetime.now(UTC),
    )  # fmt: skip
    session.add(run)
    session.commit()
    return Register(cell.code, manager.code, station.code, account.number, f"N{CODE}", run.id, job.id, cell.card_token)
