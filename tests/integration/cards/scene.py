"""A manager with a cell and boxes, and what a printed sheet shows."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp
from PIL import Image
from sqlalchemy.orm import Session

from app.customers.models import MeterBox
from app.grid.models import CustomerManager, GridCell
from tests.conftest import missing
from tests.factories import make_area, make_box, make_cell, make_manager, make_station, own

DPI = 120


@dataclass
class Beat:
    """One manager's cell with boxes."""

    manager: CustomerManager
    cell: GridCell
    boxes: list[MeterBox]


def make_beat(session: Session, boxes: int = 3, **manager: Any) -> Beat:
    station = make_station(session, name="江北供电所", supervision_phone="07522345678")
    answering = make_manager(session, station, **{"name": "陈建国", "work_phone": "13800138000"} | manager)
    cell, area = make_cell(session, station), make_area(session, station)
    own(session, cell, answering)
    made = [
        boxed(session, cell, (114.41 + number / 1000, 23.11), transformer_area_id=area.id) for number in range(boxes)
    ]
    session.commit()
    return Beat(answering, cell, made)


def boxed(session: Session, cell: GridCell, at: tuple[float, float] | None, **values: Any) -> MeterBox:
    """A box that belongs to a cell."""
    inside = {"cell_id": cell.id, "reason": "inside", "cause": None}
    return make_box(session, cell.station, at, **inside | values)


def _need(program: str) -> None:
    if shutil.which(program) is None:
        missing("poppler", f"{program} of poppler-utils is not installed")


def text_of(pdf: Path) -> str:
    _need("pdftotext")
    run = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True)
    return run.stdout


def picture_of(pdf: Path, page: int = 1) -> Image.Image:
    _need("pdftoppm")
    stem = pdf.with_suffix("")
    command = ["pdftoppm", "-r", str(DPI), "-png", "-singlefile", "-f", str(page), "-l", str(page), str(pdf), str(stem)]
    subprocess.run(command, check=True)
    with Image.open(stem.with_suffix(".png")) as picture:
        return picture.convert("RGB")


def codes_of(picture: Image.Image) -> list[tuple[str, float, float]]:
    """What the QR codes of a page say, and where their middles are in millimetres."""
    found = zxingcpp.read_barcodes(np.asarray(picture.convert("L")))
    corners = [(code.text, code.position) for code in found]
    return [
        (
            text,
            (place.top_left.x + place.bottom_right.x) / 2 / DPI * 25.4,
            (place.top_left.y + place.bottom_right.y) / 2 / DPI * 25.4,
        )
        for text, place in corners
    ]
