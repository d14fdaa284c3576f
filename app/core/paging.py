"""Pages of long lists by key, so that the last page costs what the first does."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.row_ids import big_number, row_id

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page, and the keys with which the next and the former begin."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None
    sort: str = ""
    """The order, as it stands in the address; empty where the list has one order only."""


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
    first, last = _key(key, after or None), _key(key, before or None)
    backwards = last is not None
    bound, falling = last if backwards else first, backwards != newest_first
    if bound is not None:
        statement = statement.where(key < bound if falling else key > bound)
    statement = statement.order_by(key.desc() if falling else key)
    rows = list(session.execute(statement.add_columns(key.label("page_key")).limit(size + 1)))
    return _page(rows, [str(row.page_key) for row in rows], size, first is not None, backwards)


def sorted_page(
    session: Session,
    statement: Select,
    orders: Mapping[str, Any],
    key: InstrumentedAttribute[Any],
    wanted: Mapping[str, str],
    size: int = PAGE_SIZE,
) -> Page:
    """The rows in the order that `wanted` names by `sort`, from its `after` or before its `before`.

    `orders` are expressions by name, the first one for whoever asks for none; `-name` is the falling order. None is
    ever null (coalesce it), or holds what may not stand in an address: a page's key is made of it and of the unique
    `key`. Both go by one comparison of pairs, which an index over (expression, key) answers.
    """
    sort = wanted.get("sort", "")
    falls, name = sort.startswith("-"), sort.removeprefix("-")
    if name not in orders:
        falls, name = False, next(iter(orders))
    order = orders[name]
    after, before = (_pair(order, key, wanted.get(end)) for end in ("after", "before"))
    backwards = before is not None
    bound, falling = before or after, falls != backwards
    if bound is not None:
        here = tuple_(order, key)
        statement = statement.where(here < bound if falling else here > bound)
    turned = [order.desc(), key.desc()] if falling else [order, key]
    columns = order.label("page_order"), key.label("page_key")
    rows = list(session.execute(statement.add_columns(*columns).order_by(*turned).limit(size + 1)))
    keys = [json.dumps([str(row.page_order), str(row.page_key)], ensure_ascii=False) for row in rows]
    page = _page(rows, keys, size, after is not None, backwards)
    return Page(page.rows, page.next, page.previous, f"{'-' if falls else ''}{name}")


def _page(rows: list[Any], keys: list[str], size: int, follows: bool, backwards: bool) -> Page:
    """The page of up to `size` of the rows that were read, one more than that where there are more."""
    more, rows, keys = len(rows) > size, rows[:size], keys[:size]
    if backwards:
        rows.reverse()
        keys.reverse()
    has_next = more or backwards
    has_previous = more if backwards else follows
    return Page(rows, keys[-1] if keys and has_next else None, keys[0] if keys and has_previous else None)


def _pair(order: Any, key: Any, text: str | None) -> tuple[Any, Any] | None:
    """Both parts of a page's key; None for none and for what is no key."""
    try:
        parts = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        return None
    pair = _key(order, parts[0]), _key(key, parts[1])
    return None if None in pair else pair


def _key(key: InstrumentedAttribute[Any] | ColumnElement[Any], text: str | None) -> Any:
    """The key as its column's own type; None, so the first page, for none and for what is no key."""
    if text is None or (not text and key.type.python_type is not str):
        return None
    try:
        return _reader(key)(text)
    except ValueError:
        return None


def _reader(key: InstrumentedAttribute[Any] | ColumnElement[Any]) -> Any:
    kind = key.type.python_type
    if isinstance(key.type, BigInteger):
        return big_number
    return {int: row_id, datetime: datetime.fromisoformat, date: date.fromisoformat}.get(kind, kind)
