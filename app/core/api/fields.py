"""Fields of the API's schemas: what they refuse they say in the user's language, and nothing passes that no text has.

They take what the description says and nothing that merely looks like it: 1 is no flag, "20260314" is no day. Values
in an address or a form are text, so there a number or a flag is declared `as_text`.
"""

import re
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from flask_babel import lazy_gettext
from marshmallow import Schema as PlainSchema
from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.row_ids import LARGEST

REQUIRED = {
    "required": lazy_gettext("This value is missing."),
    "null": lazy_gettext("This value must not be null."),
    "validator_failed": lazy_gettext("This value cannot be taken."),
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"-?[0-9]{1,12}")


def _between(least: float, most: float) -> validate.Range:
    return validate.Range(least, most, error=lazy_gettext("This must be {min} to {max}."))


class Schema(PlainSchema):
    """A schema whose own messages are translated too."""

    also: ClassVar[dict[str, Any]] = {}
    """What the description says besides, in JSON Schema, of a rule that concerns several values."""

    error_messages = {  # noqa: RUF012 - marshmallow reads a plain dict
        "unknown": lazy_gettext("There is no such value here."),
        "type": lazy_gettext("This must be an object."),
    }


class Text(fields.String):
    """Text of some length, without characters that no text has."""

    default_error_messages = REQUIRED | {
        "invalid": lazy_gettext("This must be text."),
        "invalid_utf8": lazy_gettext("This contains a character that no text has."),
    }

    def __init__(self, *, longest: int = 200, shortest: int = 0, pattern: str | None = None, **kwargs: Any) -> None:
        said = lazy_gettext("This must have {min} to {max} characters.")
        checks: list[Any] = [validate.Length(shortest, longest, error=said)]
        if pattern:
            said = lazy_gettext("This is not of the form {regex}.")
            checks.append(validate.Regexp(pattern, error=said))
        super().__init__(validate=checks, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if any(mark == "\0" or "\ud800" <= mark <= "\udfff" for mark in text):
            raise self.make_error("invalid_utf8")
        return text


class Code(Text):
    """The code or number of a station, cell, manager or box."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(shortest=1, longest=64, **kwargs)


class Texts(fields.List):
    """Some texts, or other values."""

    default_error_messages = REQUIRED | {"invalid": lazy_gettext("This must be a list.")}

    def __init__(self, text: fields.Field, *, most: int, **kwargs: Any) -> None:
        said = lazy_gettext("This must hold {min} to {max} values.")
        super().__init__(text, validate=validate.Length(1, most, error=said), **kwargs)


class Day(fields.Date):
    """A day as 2026-03-14."""

    default_error_messages = REQUIRED | {
        "invalid": lazy_gettext("This is no day. Write it as 2026-03-14."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise self.make_error("invalid")


class Moment(fields.DateTime):
    """A moment in UTC; SQLite gives moments back without saying so."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if value is None:
            return None
        known = value if value.tzinfo else value.replace(tzinfo=UTC)
        return known.astimezone(UTC).isoformat(timespec="seconds")


class Whole(fields.Integer):
    """A whole number within bounds."""

    default_error_messages = REQUIRED | {"invalid": lazy_gettext("This must be a whole number.")}

    def __init__(self, *, least: int = 0, most: int = LARGEST, as_text: bool = False, **kwargs: Any) -> None:
        super().__init__(validate=_between(least, most), **kwargs)
        self.as_text = as_text

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if self.as_text and isinstance(value, str) and _WHOLE.fullmatch(value):
            return int(value)
        if not self.as_text and isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1:
            return int(value)
        raise self.make_error("invalid")


class Number(fields.Float):
    """A number within bounds."""

    default_error_messages = REQUIRED | {"invalid": lazy_gettext("This must be a number.")}

    def __init__(self, *, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(validate=_between(least, most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        raise self.make_error("invalid")


class Choice(fields.String):
    """One of some words."""

    default_error_messages = REQUIRED | {"invalid": lazy_gettext("This must be text.")}

    def __init__(self, words: Any, **kwargs: Any) -> None:
        said = lazy_gettext("This must be one of: {choices}.")
        super().__init__(validate=validate.OneOf(list(words), error=said), **kwargs)


class Flag(fields.Boolean):
    """True or false."""

    default_error_messages = REQUIRED | {"invalid": lazy_gettext("This must be true or false.")}

    def __init__(self, *, as_text: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.known: dict[Any, bool] = {"true": True, "false": False} if as_text else {}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if isinstance(value, str) and value in self.known:
            return self.known[value]
        if isinstance(value, bool) and not self.known:
            return value
        raise self.make_error("invalid")


__all__ = [
    "Choice",
    "Code",
    "Day",
    "Flag",
    "Moment",
    "Number",
    "Schema",
    "Text",
    "Texts",
    "ValidationError",
    "Whole",
    "fields",
    "validates_schema",
]
