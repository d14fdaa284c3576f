from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core.access import EVERYWHERE, Scope
from app.imports.service import Options, Outcome, import_file, kind_by_name
from tests.factories import make_area, make_station, square

Import = Callable[..., Outcome]

HEADINGS = ("户号", "户名", "联系电话", "用电地址", "电能表资产号", "表箱号", "台区编号", "供电单位", "经度", "纬度")
GOOD = ("0317000000001", "陈建国", "13812345678", "水门路12号", "M1", "BX1", "TQ1", "S1", "114.405", "23.105")


@pytest.fixture
def organisation(session: Session) -> None:
    """A station with a boundary, and a transformer area."""
    station = make_station(session, code="S1", name="桥东供电所", boundary=square())
    make_area(session, station, code="TQ1", name="水门台区")


@pytest.fixture
def bring(session: Session, tmp_path: Path) -> Import:
    """Import a file, given as a path or as its text, in the test's session."""

    def run(kind: str, file: Path | str, scope: Scope = EVERYWHERE, **options: Any) -> Outcome:
        path = file if isinstance(file, Path) else tmp_path / "file.csv"
        if isinstance(file, str):
            path.write_text(file, "utf-8")
        return import_file(session, kind_by_name(kind), path, Options(**options), "test", scope)

    return run


def customers(*changes: dict[str, str], headings: Iterable[str] = HEADINGS) -> str:
    """A customers file: one good row for each change, with these cells changed; accounts and boxes are numbered."""
    lines = [",".join(headings)]
    for number, change in enumerate(changes, start=1):
        row = dict(zip(HEADINGS, GOOD, strict=True))
        row |= {"户号": f"0317000000{number:03}", "表箱号": f"BX{number}", "电能表资产号": f"M{number}"} | change
        lines.append(",".join(f'"{row[heading]}"' for heading in headings))
    return "\n".join(lines) + "\n"
