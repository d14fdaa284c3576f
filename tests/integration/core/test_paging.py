"""Lists sorted by what their readers choose, a page at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.paging import Page, sorted_page
from app.grid.models import GridCell
from app.jobs.models import Job
from tests.factories import make_cell, make_station

HOUSEHOLDS = (30, 10, 20, 20, 20, 10, 5)
Read = Callable[..., Page]


@pytest.fixture
def read(session: Session) -> Read:
    station = make_station(session)
    for number, households in enumerate(HOUSEHOLDS):
        make_cell(session, station, code=f"C{number}", households=households)

    def page(**wanted: str) -> Page:
        orders = {"code": GridCell.code, "households": GridCell.households}
        return sorted_page(session, select(GridCell.code), orders, GridCell.id, wanted, size=3)

    return page


def pages(read: Read, sort: str, way: str = "next", start: str | None = None) -> list[list[str]]:
    """The codes of page after page."""
    found, key = [], start
    while True:
        page = read(sort=sort, **({"after" if way == "next" else "before": key} if key else {}))
        found.append([row.code for row in page.rows])
        key = getattr(page, way)
        if key is None:
            return found


def test_equal_values_are_neither_lost_nor_doubled(read: Read) -> None:
    assert pages(read, "households") == [["C6", "C1", "C5"], ["C2", "C3", "C4"], ["C0"]]
    assert pages(read, "-households") == [["C0", "C4", "C3"], ["C2", "C5", "C1"], ["C6"]]


@pytest.mark.parametrize("sort", ["households", "-households", "code", "-code"])
def test_one_comes_back_the_way_one_went(read: Read, sort: str) -> None:
    forth = pages(read, sort)
    second = read(sort=sort, after=read(sort=sort).next)
    last = read(sort=sort, after=second.next)
    assert pages(read, sort, "previous", last.previous) == forth[-2::-1]


@pytest.mark.parametrize(("asked", "applied"), [("", "code"), ("-households", "-households"), ("colour", "code")])
def test_the_page_names_its_order(read: Read, asked: str, applied: str) -> None:
    assert read(sort=asked).sort == applied


@pytest.mark.parametrize("key", ["x", "[]", '["1"]', "[1, 2]", '{"a": 1}', '["many", "1"]', '["1", "99999999999"]'])
def test_what_is_no_key_gives_the_first_page(read: Read, key: str) -> None:
    assert [row.code for row in read(sort="households", after=key).rows] == ["C6", "C1", "C5"]


def test_moments_and_empty_texts_are_orders_too(session: Session) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(4):
        made_at = start + timedelta(seconds=number // 2)
        session.add(Job(kind="k", title="", language="zh", created_at=made_at))
        session.flush()
    orders = {"made": Job.created_at, "error": func.coalesce(Job.error, "")}
    for sort in ("-made", "error"):
        read = sorted_page(session, select(Job.id), orders, Job.id, {"sort": sort}, size=2)
        rest = sorted_page(session, select(Job.id), orders, Job.id, {"sort": sort, "after": read.next or ""}, size=2)
        assert len({row.id for row in (*read.rows, *rest.rows)}) == 4
