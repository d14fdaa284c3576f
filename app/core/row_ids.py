"""Numbers of rows as they come in addresses: what no row can have is not asked of the database."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**31 - 1


def row_id(text: str) -> int:
    """The number; ValueError for what is none."""
    number = int(text)
    if not 0 <= number <= LARGEST:
        raise ValueError(text)
    return number


def big_number(text: str) -> int:
    """A number that a BIGINT holds, below zero too; ValueError for what is none."""
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise ValueError(text)
    return number


class RowId(IntegerConverter):
    """`<int:...>` in a route; no route matches a larger number."""

    def __init__(self, url_map: Map, max: int = LARGEST, **options: Any) -> None:
        super().__init__(url_map, max=max, **options)


def init_app(app: Flask) -> None:
    """Let every `<int:...>` be such a number."""
    app.url_map.converters["int"] = RowId
