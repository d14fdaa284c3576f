"""Sheets that cards are printed on, by their measures."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from app.core.errors import DomainError, NotFound

PACKAGED = Path(__file__).with_name("layouts.toml")
DEFAULT = "a4-10"
MARK_MM = 5.0
MARK_DISTANCE_MM = 1.5
SMALLEST_CARD_MM = (60.0, 35.0)
"""Below this the telephone number is no longer large and the QR no longer safe to scan."""
LARGEST_OFFSET_MM = 20.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """One kind of sheet: page, grid of cards and what lies between them, in millimetres."""

    name: str
    title: dict[str, str]
    page: Point
    columns: int
    rows: int
    card: Point
    margin: Point
    gap: Point
    crop_marks: bool = False

    def __post_init__(self) -> None:
        width, height = self.card
        if width < SMALLEST_CARD_MM[0] or height < SMALLEST_CARD_MM[1]:
            message = _("The sheet %(name)s has cards smaller than %(width)s × %(height)s mm.")
            raise DomainError(message, name=self.name, width=SMALLEST_CARD_MM[0], height=SMALLEST_CARD_MM[1])
        right, bottom = (self._edge(axis, count) for axis, count in enumerate((self.columns, self.rows)))
        if right > self.page[0] + 0.1 or bottom > self.page[1] + 0.1:
            message = _("The cards of the sheet %(name)s reach beyond its page. Mend its measures in layouts.toml.")
            raise DomainError(message, name=self.name)

    def _edge(self, axis: int, count: int) -> float:
        return self.margin[axis] + count * self.card[axis] + (count - 1) * self.gap[axis]

    @property
    def per_sheet(self) -> int:
        """Cards on a sheet."""
        return self.columns * self.rows

    def corner(self, slot: int) -> Point:
        """The upper left corner of a place on the sheet, counted by rows from 0."""
        row, column = divmod(slot, self.columns)
        return (
            self.margin[0] + column * (self.card[0] + self.gap[0]),
            self.margin[1] + row * (self.card[1] + self.gap[1]),
        )

    def marks(self) -> list[tuple[Point, Point]]:
        """Where to cut: short lines in the margins, in the prolongation of every card's edges."""
        if not self.crop_marks:
            return []
        lines: list[tuple[Point, Point]] = []
        for axis, count in enumerate((self.columns, self.rows)):
            other = 1 - axis
            across = (self.margin[other], self._edge(other, (self.columns, self.rows)[other]))
            cuts = {
                round(self.margin[axis] + index * (self.card[axis] + self.gap[axis]) + side, 3)
                for index in range(count)
                for side in (0.0, self.card[axis])
            }
            for edge, outwards in zip(across, (-1, 1), strict=True):
                near, far = (edge + outwards * way for way in (MARK_DISTANCE_MM, MARK_DISTANCE_MM + MARK_MM))
                ends = [((cut, near), (cut, far)) if axis == 0 else ((near, cut), (far, cut)) for cut in sorted(cuts)]
                lines.extend(ends)
        return lines


@dataclass(frozen=True)
class Printing:
    """A sheet, the place where a half-used one goes on (from 1), and how far the printer is off, in millimetres."""

    layout: Layout
    start: int = 1
    offset: Point = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not 1 <= self.start <= self.layout.per_sheet:
            message = _("The first card can be placed from 1 to %(last)s on this sheet, not at %(start)s.")
            raise DomainError(message, last=self.layout.per_sheet, start=self.start)
        if max(map(abs, self.offset)) > LARGEST_OFFSET_MM:
            raise DomainError(_("The printer offset may be at most %(most)s mm."), most=LARGEST_OFFSET_MM)

    def sheets(self, cards: int) -> int:
        """How many sheets so many cards take."""
        return -(-(cards + self.start - 1) // self.layout.per_sheet) if cards else 0

    def sheet(self) -> dict[str, Any]:
        """The measures that the template sets by, the offset in them."""
        right, down = self.offset

        def moved(point: Point) -> list[float]:
            return [round(point[0] + right, 3), round(point[1] + down, 3)]

        return {
            "page": list(self.layout.page),
            "card": list(self.layout.card),
            "slots": [moved(self.layout.corner(slot)) for slot in range(self.layout.per_sheet)],
            "marks": [[moved(start), moved(end)] for start, end in self.layout.marks()],
        }


def layouts(own: Path) -> dict[str, Layout]:
    """The packaged sheets and those of the file `own`, by name."""
    found = _read(PACKAGED) | (_read(own) if own.exists() else {})
    return {name: _layout(name, measures) for name, measures in found.items()}


def layout_named(own: Path, name: str) -> Layout:
    """One of them; or an error that lists the names."""
    known = layouts(own)
    if name not in known:
        raise NotFound(_("There is no sheet %(name)s. There are: %(known)s."), name=name, known=", ".join(known))
    return known[name]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DomainError(_("%(file)s cannot be read: %(error)s"), file=path.name, error=error) from error


def _layout(name: str, measures: dict[str, Any]) -> Layout:
    try:
        pairs = {key: tuple(map(float, measures[key])) for key in ("page", "card", "margin", "gap")}
        plain = {key: measures[key] for key in ("title", "columns", "rows")}
        return Layout(name=name, crop_marks=bool(measures.get("crop_marks", False)), **plain, **pairs)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        message = _("The sheet %(name)s in layouts.toml is not complete: %(error)s")
        raise DomainError(message, name=name, error=error) from error
