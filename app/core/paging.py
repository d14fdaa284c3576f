"""Pages of long lists by key, so that the last page costs what the first does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.row_ids import big_number, row_id

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page, and the keys with which the next and the former begin."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None


def page_of(
    session: Session,
    statement: Select,
    key: InstrumentedAttribute[Any] | ColumnElement[Any],
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
    newest_first: bool = False,
) -> Page:
    """The rows of `statement` that follow `after` or precede `before` in the order of the unique column `key`.

    `newest_first` turns the order round.
    """
    first, last = _key(key, after), _key(key, before)
    backwards = last is not None
    bound, falling = last if backwards else first, backwards != newest_first
    if bound is not None:
        statement = statement.where(key < bound if falling else key > bound)
    statement = statement.order_by(key.desc() if falling else key)
    rows = list(session.execute(statement.add_columns(key.label("page_key")).limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_next = more or backwards
    has_previous = more if backwards else first is not None
    return Page(
        rows=rows,
        next=str(rows[-1].page_key) if rows and has_next else None,
        previous=str(rows[0].page_key) if rows and has_previous else None,
    )


def _key(key: InstrumentedAttribute[Any] | ColumnElement[Any], text: str | None) -> Any:
    """The key as its column's own type; None, so the first page, for none and for what is no key."""
    kind = big_number if isinstance(key.type, BigInteger) else key.type.python_type
    try:
        return (row_id if kind is int else kind)(text) if text else None
    except ValueError:
        return None
