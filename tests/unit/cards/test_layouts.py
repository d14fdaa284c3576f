from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from app.cards.layouts import Layout, Printing, layout_named, layouts
from app.core.errors import DomainError


@pytest.fixture(autouse=True)
def english() -> None:
    app = Flask(__name__)
    Babel(app)
    with app.app_context(), force_locale("en"):
        yield


def layout(**values: object) -> Layout:
    measures = {"page": (210, 297), "columns": 2, "rows": 5, "card": (90, 54), "margin": (15, 13.5), "gap": (0, 0)}
    return Layout(name="x", title={"en": "x"}, **measures | values)  # type: ignore[arg-type]


def test_packaged_sheets_fit_their_pages_and_speak_both_languages(tmp_path: Path) -> None:
    found = layouts(tmp_path / "none.toml")
    assert {"a4-10": 10, "a4-8": 8, "a6": 1}.items() <= {name: sheet.per_sheet for name, sheet in found.items()}.items()
    assert all(set(sheet.title) == {"zh", "en"} for sheet in found.values())


def test_a_utility_adds_and_replaces_sheets(tmp_path: Path) -> None:
    own = tmp_path / "layouts.toml"
    own.write_text(
        '[a6]\ntitle = { zh = "甲", en = "A" }\npage = [100, 100]\ncolumns = 1\nrows = 1\n'
        "card = [80, 50]\nmargin = [0, 0]\ngap = [0, 0]\n",
        "utf-8",
    )
    assert layouts(own)["a6"].card == (80, 50)
    assert "a4-10" in layouts(own)


@pytest.mark.parametrize("broken", ["[a6", "[x]\npage = [1, 2]\n", "[x]\npage = 3\n"])
def test_a_broken_file_of_sheets_is_named(tmp_path: Path, broken: str) -> None:
    own = tmp_path / "layouts.toml"
    own.write_text(broken, "utf-8")
    with pytest.raises(DomainError, match=r"layouts\.toml"):
        layouts(own)


def test_an_unknown_sheet_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="a4-10"):
        layout_named(tmp_path / "none.toml", "a5")


def test_cards_beyond_the_page_are_refused() -> None:
    with pytest.raises(DomainError, match="beyond its page"):
        layout(columns=3)


def test_places_count_by_rows_with_gaps_between() -> None:
    assert layout(gap=(2, 3), margin=(10, 5)).corner(3) == (10 + 92, 5 + 57)


def test_the_offset_moves_cards_and_marks() -> None:
    plain, moved = (Printing(layout(crop_marks=True), 1, offset).sheet() for offset in ((0.0, 0.0), (1.5, -2.0)))
    assert moved["slots"][0] == [plain["slots"][0][0] + 1.5, plain["slots"][0][1] - 2.0]
    assert moved["marks"][0][0] == [plain["marks"][0][0][0] + 1.5, plain["marks"][0][0][1] - 2.0]


def test_marks_stand_in_the_margins_beside_every_edge() -> None:
    marks = layout(crop_marks=True).marks()
    assert len(marks) == 2 * 3 + 2 * 6
    assert all(not (15 < x < 195 and 13.5 < y < 283.5) for line in marks for x, y in line)


@pytest.mark.parametrize(("cards", "start", "sheets"), [(0, 1, 0), (10, 1, 1), (11, 1, 2), (4, 7, 1), (5, 7, 2)])
def test_a_half_used_sheet_counts(cards: int, start: int, sheets: int) -> None:
    assert Printing(layout(), start).sheets(cards) == sheets


@pytest.mark.parametrize(("start", "offset"), [(0, (0, 0)), (11, (0, 0)), (1, (21, 0))])
def test_impossible_printing_is_refused(start: int, offset: tuple[float, float]) -> None:
    with pytest.raises(DomainError):
        Printing(layout(), start, offset)
