"""Long lists, some at a time: the answer says where the next ones are."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.fernet import InvalidToken
from flask import request, url_for
from flask_babel import gettext as _

from app.core.api.fields import Schema, Text, Whole, fields
from app.core.errors import NotFound
from app.core.paging import Page
from app.core.sealing import box

LIMIT, MOST = 50, 200


class PageArgs(Schema):
    """What every list takes."""

    limit = Whole(
        least=1, most=MOST, as_text=True, load_default=LIMIT, metadata={"description": "How many at the most."}
    )
    cursor = Text(
        shortest=1,
        longest=500,
        pattern=r"^[A-Za-z0-9_=-]+$",
        metadata={"description": "Where the page begins: take it from `next`, never make one."},
    )


@cache
def listed(item: type[Schema]) -> type[Schema]:
    """The schema of a page of these."""
    members = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(
            required=True, allow_none=True, metadata={"description": "The address of the next page; null on the last."}
        ),
    }
    return type(f"{item.__name__.removesuffix('Schema')}PageSchema", (Schema,), members)


def _box() -> Any:
    return box(f"cursor {request.endpoint}")


def after(args: Mapping[str, Any]) -> str | None:
    """The key after which the page begins: a cursor is sealed, for the key may be an account number."""
    if "cursor" not in args:
        return None
    try:
        return _box().decrypt(args["cursor"].encode()).decode()
    except InvalidToken:
        raise NotFound(_("This service gave out no such cursor for this list. Begin again without one.")) from None


def next_link(key: str | None) -> str | None:
    """The address of the page that follows the key."""
    if key is None or request.endpoint is None:
        return None
    kept = {name: value for name, value in request.args.items() if name != "cursor"}
    cursor = _box().encrypt(key.encode()).decode()
    return url_for(request.endpoint, **(request.view_args or {}), **kept, cursor=cursor)  # type: ignore[arg-type]


def as_page(page: Page) -> dict[str, Any]:
    """The page as its schema wants it."""
    return {"items": page.rows, "next": next_link(page.next)}
