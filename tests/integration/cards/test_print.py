"""What comes out of the printer."""

import io
import math
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.cards import press, service
from app.cards.queries import Selection
from app.core.access import EVERYWHERE
from app.core.errors import DomainError
from app.core.settings import settings
from tests.factories import make_manager
from tests.integration.cards.scene import boxed, codes_of, make_beat, picture_of, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "cards.pdf"


def test_every_card_has_its_cell_s_code_inside_its_place(session: Session, out: Path) -> None:
    beat, how = make_beat(session, boxes=7), service.printing("a4-8", start=3)
    outcome = service.print_cards(session, EVERYWHERE, Selection(manager=beat.manager.code), how, out)
    assert (outcome.cards, outcome.sheets) == (7, 2)
    width, height = how.layout.card
    found = codes_of(picture_of(out))
    places = {
        math.floor((y - how.layout.margin[1]) / height) * 2 + math.floor((x - how.layout.margin[0]) / width)
        for _text, x, y in found
    }
    assert {text for text, _x, _y in found} == {f"{settings().public_url}/c/{beat.cell.card_token}"}
    assert places == set(range(2, 8))
    assert len(codes_of(picture_of(out, page=2))) == 1


@pytest.mark.parametrize("name", ["a4-10", "a6", "label-105x57", "label-99x68", "label-70x37"])
def test_every_sheet_can_be_scanned(session: Session, out: Path, name: str) -> None:
    beat, how = make_beat(session), service.printing(name)
    service.print_cards(session, EVERYWHERE, Selection(cell=beat.cell.code), how, out)
    pages = len(PdfReader(out).pages)
    assert sum(len(codes_of(picture_of(out, page))) for page in range(1, pages + 1)) == 3


def test_the_printer_offset_moves_the_cards(session: Session, out: Path) -> None:
    beat = make_beat(session, boxes=1)
    places = []
    for offset in ((0.0, 0.0), (3.0, -2.0)):
        service.print_cards(
            session, EVERYWHERE, Selection(manager=beat.manager.code), service.printing("a4-10", 1, *offset), out
        )
        places.append(codes_of(picture_of(out))[0][1:])
    (x, y), (moved_x, moved_y) = places
    assert moved_x - x == pytest.approx(3, abs=0.4)
    assert moved_y - y == pytest.approx(-2, abs=0.4)


def test_a_card_says_who_answers_and_how_to_reach_them(session: Session, out: Path) -> None:
    beat = make_beat(session, boxes=1)
    beat.manager.backup_id = make_manager(session, name="李小明", work_phone="13900139000").id
    beat.boxes[0].address = "惠城区水门路12号3栋501房"
    session.commit()
    service.print_cards(session, EVERYWHERE, Selection(manager=beat.manager.code), service.printing(), out)
    text = " ".join(text_of(out).split())
    wanted = (
        "惠州供电局",
        "江北供电所",
        "陈建国",
        "138 0013 8000",
        "李小明",
        "139 0013 9000",
        "0752 234 5678",
        "95598",
    )
    assert [word for word in (*wanted, beat.cell.code, beat.boxes[0].number, "08:30") if word not in text] == []
    assert "501" not in text


def test_long_names_and_addresses_stay_clear_of_the_code(session: Session, out: Path) -> None:
    beat = make_beat(session, boxes=1, name="阿卜杜热合曼·买买提艾力·库尔班江·" * 4)
    beat.boxes[0].address = "惠州市惠城区江北街道文昌一路华贸大厦东侧人行道旁绿化带内第八百一十号" * 5
    session.commit()
    service.print_cards(session, EVERYWHERE, Selection(manager=beat.manager.code), service.printing(), out)
    assert len(codes_of(picture_of(out))) == 1


def test_large_prints_are_joined_from_parts(session: Session, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "PART_CARDS", 10)
    beat, told = make_beat(session, boxes=25), []
    selection = Selection(manager=beat.manager.code)
    service.print_cards(
        session, EVERYWHERE, selection, service.printing(), out, lambda done, total, _text="": told.append(done)
    )
    assert len(PdfReader(out).pages) == 3
    assert told == [10, 20, 25, 26]
    assert [path.name for path in out.parent.glob("*.pdf*")] == ["cards.pdf"]
    text = text_of(out)
    assert [box.number for box in beat.boxes if text.count(box.number) != 1] == []


def test_a_photo_is_printed_and_a_broken_one_is_not(session: Session, out: Path) -> None:
    beat = make_beat(session, boxes=1)
    for colour, photo in ((True, _photo()), (False, b"\xff\xd8\xff broken")):
        beat.manager.photo = photo
        session.commit()
        service.print_cards(session, EVERYWHERE, Selection(manager=beat.manager.code), service.printing(), out)
        magenta = [count for count, pixel in picture_of(out).getcolors(1 << 20) if pixel == (255, 0, 255)]
        assert bool(magenta) == colour


def _photo() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (90, 120), (255, 0, 255)).save(file, "PNG")
    return file.getvalue()


def test_the_utility_s_own_template_wins(session: Session, out: Path, app: Flask) -> None:
    beat = make_beat(session, boxes=1)
    mine = service.own_folder() / "cards.typ"
    mine.parent.mkdir(parents=True)
    mine.write_text("#let card(width, height, data) = [MINE #data.box]", "utf-8")
    service.print_cards(session, EVERYWHERE, Selection(manager=beat.manager.code), service.printing(), out)
    assert f"MINE {beat.boxes[0].number}" in text_of(out)


def test_a_broken_template_says_what_is_wrong(session: Session, out: Path, app: Flask) -> None:
    beat = make_beat(session, boxes=1)
    mine = service.own_folder() / "cards.typ"
    mine.parent.mkdir(parents=True)
    mine.write_text("#let card(width, height, data) = data.nonsense", "utf-8")
    with pytest.raises(DomainError, match="nonsense"):
        service.print_cards(session, EVERYWHERE, Selection(manager=beat.manager.code), service.printing(), out)
    assert not out.exists()


def test_a_missing_character_is_never_an_empty_box(session: Session, out: Path) -> None:
    beat = make_beat(session, boxes=2)
    beat.boxes[0].address = "𠮷野路8号"
    boxed(session, beat.cell, None, number="BX-𠮷")
    session.commit()
    outcome = service.print_cards(session, EVERYWHERE, Selection(manager=beat.manager.code), service.printing(), out)
    assert outcome.cards == 2
    assert {(issue.reason, issue.detail) for issue in outcome.issues} == {
        ("address_character", "U+20BB7"),
        ("character", "U+20BB7"),
    }
    assert "野路" not in text_of(out)
