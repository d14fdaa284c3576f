"""Geometry of charts: across in per cent of the width, down in pixels, so that SVG texts keep their size on any screen.

The macros of `core/_charts.html` draw what is measured here.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.core.loads import load_state

ROW, BAR = 24, 14
"""How high a row of a bar chart is, and the bar in it."""
PLOT, BOTTOM = 140, 22
"""How high the plot of a line or a histogram is, and the line of words below it."""
LEFT, SPAN = 22.0, 70.0
"""Where bars begin and how far they may reach; the rest is for names and numbers."""
INSET, WIDTH = 9.0, 88.0
"""Where a plot begins and how wide it is; the rest is for the numbers of its scale."""
SHADES = 6
"""Colours for parts of a whole; the parts behind them share the last."""


@dataclass(frozen=True)
class Tick:
    """A place on a scale and the number that stands there."""

    at: float
    value: Any


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart, with its target where it has one."""

    label: str
    value: float
    target: float | None
    link: str | None
    y: int
    width: float
    end: float
    target_at: float | None
    state: str


@dataclass(frozen=True)
class Bars:
    """Bars one below the other on a common scale."""

    rows: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    height: int


@dataclass(frozen=True)
class Part:
    """A part of a whole."""

    label: str
    value: float
    share: float
    x: float
    width: float
    shade: str
    link: str | None


@dataclass(frozen=True)
class Segment:
    """A straight piece of a line."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Point:
    """A value of a line, where it is drawn."""

    day: date
    value: float
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """Values over time."""

    points: tuple[Point, ...]
    segments: tuple[Segment, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


@dataclass(frozen=True)
class Column:
    """How many values lie between two bounds."""

    low: float
    high: float
    count: int
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True)
class Histogram:
    """How often values of each size occur."""

    columns: tuple[Column, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def scale(top: float, steps: int = 4, finest: float = 0) -> list[float]:
    """Round numbers from nought to at least `top`, about as many as `steps`, and at least `finest` apart.

    >>> scale(905), scale(0.7, 2), scale(0), scale(2, finest=1)
    ([0.0, 500.0, 1000.0], [0.0, 0.5, 1.0], [0.0, 1.0], [0.0, 1.0, 2.0])
    """
    if top <= 0:
        return [0.0, 1.0]
    rough = max(top / steps, finest)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    return [number * step for number in range(math.ceil(top / step - 1e-9) + 1)]


def bars(rows: Sequence[tuple[str, float, float | None, str | None]]) -> Bars:
    """Rows of label, value, target and link: what each manager of a station carries, and should."""
    marks = scale(max((max(value, target or 0) for _label, value, target, _link in rows), default=0))
    drawn = []
    for number, (label, value, target, link) in enumerate(rows):
        width = SPAN * value / marks[-1]
        target_at = None if not target else LEFT + SPAN * target / marks[-1]
        state = load_state(value, target or 0)
        drawn.append(Bar(label, value, target, link, number * ROW, width, LEFT + width, target_at, state))
    ticks = tuple(Tick(LEFT + SPAN * mark / marks[-1], mark) for mark in marks)
    return Bars(tuple(drawn), ticks, len(rows) * ROW)


def parts(wholes: Sequence[tuple[str, float, str | None]], wrong: Iterable[str] = ()) -> tuple[Part, ...]:
    """Parts of one whole side by side, from label, value and link; those labelled in `wrong` are marked as such."""
    total, amiss = sum(value for _label, value, _link in wholes), set(wrong)
    drawn: list[Part] = []
    x, shade = 0.0, 0
    for label, value, link in wholes:
        share = value / total if total else 0.0
        shade += label not in amiss
        colour = "wrong" if label in amiss else str(min(shade, SHADES))
        drawn.append(Part(label, value, share, x, share * 100, colour, link))
        x += share * 100
    return tuple(drawn)


def line(values: Sequence[tuple[date, float]]) -> Line:
    """Values of days, in the order of the days; the line begins at nought."""
    marks = scale(max((value for _day, value in values), default=0))
    first, last = (values[0][0], values[-1][0]) if values else (date.min, date.min)
    days = (last - first).days or 1
    points = tuple(
        Point(day, value, INSET + WIDTH * (day - first).days / days, _height(value, marks[-1])) for day, value in values
    )
    segments = tuple(Segment(one.x, one.y, other.x, other.y) for one, other in itertools.pairwise(points))
    shown = sorted({0, len(points) // 2, len(points) - 1}) if points else []
    across = tuple(Tick(points[number].x, points[number].day) for number in shown)
    return Line(points, segments, across, _up(marks))


def histogram(values: Iterable[float], bounds: Sequence[float]) -> Histogram:
    """How many values lie in each interval [low, high) of the rising `bounds`; what lies beyond is in the outermost."""
    return histograms([values], bounds)[0]


def histograms(several: Iterable[Iterable[float]], bounds: Sequence[float]) -> list[Histogram]:
    """Histograms of one scale, to be compared with each other."""
    counts = [_counted(values, bounds) for values in several]
    marks = scale(max(max(each) for each in counts), finest=1)
    return [_histogram(each, bounds, marks) for each in counts]


def _counted(values: Iterable[float], bounds: Sequence[float]) -> list[int]:
    counts = [0] * (len(bounds) - 1)
    for value in values:
        at = sum(bound <= value for bound in bounds) - 1
        counts[min(max(at, 0), len(counts) - 1)] += 1
    return counts


def _histogram(counts: Sequence[int], bounds: Sequence[float], marks: Sequence[float]) -> Histogram:
    width = WIDTH / len(counts)
    columns = tuple(
        Column(low, high, count, INSET + width * number, width, _height(count, marks[-1]), PLOT * count / marks[-1])
        for number, (low, high, count) in enumerate(zip(bounds, bounds[1:], counts, strict=False))
    )
    across = tuple(Tick(INSET + width * number, bound) for number, bound in enumerate(bounds))
    return Histogram(columns, across, _up(marks))


def _height(value: float, top: float) -> float:
    return PLOT * (1 - value / top)


def _up(marks: Sequence[float]) -> tuple[Tick, ...]:
    return tuple(Tick(_height(mark, marks[-1]), mark) for mark in marks)
