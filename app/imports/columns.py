"""Which column holds what: guessed from the headings, corrected by hand, remembered."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import DomainError
from app.core.model import now
from app.imports.fields import Kind
from app.imports.models import ColumnMapping

OWN_MARK = "※"
"""Headings that begin so were added by an error file."""

_IN_BRACKETS = re.compile(r"[(\[（【].*?[)\]）】]")
_NOT_LETTERS = re.compile(r"[\W_]+")


def folded(heading: str) -> str:
    """A heading without case, width, blanks and punctuation."""
    return _NOT_LETTERS.sub("", unicodedata.normalize("NFKC", heading)).casefold()


def guess(kind: Kind, headings: Sequence[str]) -> dict[str, str]:
    """The column for each field: by its whole name, then without what stands in brackets, then by its ending."""
    mapping: dict[str, str] = {}
    free = [heading for heading in headings if heading.strip() and not heading.startswith(OWN_MARK)]
    for spelling in (folded, _without_brackets):
        by_name: dict[str, str] = {}
        for heading in free:
            by_name.setdefault(spelling(heading), heading)
        for field in kind.fields:
            found = next((by_name[folded(alias)] for alias in field.aliases if folded(alias) in by_name), None)
            if found in free and field.name not in mapping:
                mapping[field.name] = found
                free.remove(found)
    for field in kind.fields:
        found = next((heading for heading in free if _ends_like(heading, field.aliases)), None)
        if found is not None and field.name not in mapping:
            mapping[field.name] = found
            free.remove(found)
    return mapping


def _without_brackets(heading: str) -> str:
    return folded(_IN_BRACKETS.sub("", heading))


def _ends_like(heading: str, aliases: Iterable[str]) -> bool:
    """客户联系电话 holds what 联系电话 holds; Latin aliases are too short for that."""
    name = _without_brackets(heading)
    return any(name.endswith(alias) for alias in aliases if len(alias) >= 2 and not alias.isascii())


def signature(kind: Kind, headings: Sequence[str]) -> str:
    """The same for files with the same headings, whatever their order."""
    own = sorted(heading for heading in headings if not heading.startswith(OWN_MARK))
    return hashlib.sha256("\x1f".join([kind.name, *own]).encode()).hexdigest()


def remembered(session: Session, kind: Kind, headings: Sequence[str]) -> dict[str, str] | None:
    """How a file with these headings was read last time."""
    known = select(ColumnMapping.columns).where(ColumnMapping.signature == signature(kind, headings))
    return session.scalar(known)


def remember(session: Session, kind: Kind, headings: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Read files with these headings so from now on."""
    key = signature(kind, headings)
    known = session.scalar(select(ColumnMapping).where(ColumnMapping.signature == key))
    if known is None:
        session.add(ColumnMapping(signature=key, columns=dict(mapping)))
    elif known.columns != mapping:
        known.columns, known.updated_at = dict(mapping), now()


def choose(session: Session, kind: Kind, headings: Sequence[str], given: Mapping[str, str] | None) -> dict[str, str]:
    """The mapping to read a file by: the remembered or guessed one, overruled by what was given ("" for none)."""
    mapping = remembered(session, kind, headings) or guess(kind, headings)
    for field, column in (given or {}).items():
        _require_known(kind, field, column, headings)
        mapping = {name: held for name, held in mapping.items() if name != field and (held != column or not column)}
        if column:
            mapping[field] = column
    return mapping


def _require_known(kind: Kind, field: str, column: str, headings: Sequence[str]) -> None:
    if field not in kind.names:
        known = ", ".join(kind.names)
        raise DomainError(_("There is no field %(field)s. Fields are: %(known)s.", field=field, known=known))
    if column and column not in headings:
        known = ", ".join(headings)
        text = _("The file has no column %(column)s. Its columns are: %(known)s.", column=column, known=known)
        raise DomainError(text)


def require(kind: Kind, mapping: Mapping[str, str], headings: Sequence[str]) -> None:
    """Refuse a file in which a column is missing without which no row can be read."""
    missing = [field for field in kind.fields if field.required and field.name not in mapping]
    if missing:
        field = missing[0]
        raise DomainError(
            _(
                "No column for “%(field)s” was found among: %(headings)s. "
                "Say which it is (--map %(name)s=COLUMN, or on the page), or check that this is the right file.",
                field=field.label,
                name=field.name,
                headings=", ".join(headings) or "-",
            )
        )
