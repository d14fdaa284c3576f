"""The index of neighbouring characters: a full-text table on SQLite, a GIN index on PostgreSQL.

Pairs need no dictionary, and two characters are enough for a query, which an index of trigrams cannot answer.
"""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol

import pandas as pd
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal_column,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from app.core import staging

SHORTEST = 2
_OUTSIDE = re.compile(r"[\W_]+")

account_text = Table(
    "account_text",
    MetaData(),
    Column("account_id", Integer, primary_key=True),
    Column("name", Text),
    Column("address", Text),
)
"""Name and address of every account as they are compared: folded. Made by a migration, for no model needs it."""

ENTRY = ("account_id", "name", "address")
_account_text_with_pairs = Table("account_text", MetaData(), *map(Column, ENTRY), Column("pairs"))
Entry = tuple[int, str, str]


def fold(written: str) -> str:
    """Lower case, narrow, without accents, blanks and punctuation: what is compared.

    >>> fold("Þórsgata 12, Reykjavík")
    'þorsgata12reykjavik'
    """
    return _OUTSIDE.sub("", unicodedata.normalize("NFKD", written).casefold())


def name_pairs(folded: str) -> set[str]:
    """The neighbouring characters of a name, marked as such."""
    return {"n" + folded[i : i + 2] for i in range(len(folded) - 1)}


def address_pairs(folded: str) -> set[str]:
    """The neighbouring characters of an address, marked as such."""
    return {"a" + folded[i : i + 2] for i in range(len(folded) - 1)}


def _entry_pairs(entry: Entry) -> str:
    return " ".join(name_pairs(entry[1]) | address_pairs(entry[2]))


class PairIndex(Hashable, Protocol):
    """What each database's index of pairs can do. Pairs are folded text, so they hold neither quotes nor operators."""

    def all_of(self, pairs: Iterable[str]) -> str:
        """An expression for entries that have all these pairs."""

    def both(self, expressions: Iterable[str]) -> str:
        """An expression for entries to which all of the expressions apply."""

    def either(self, expressions: Iterable[str]) -> str:
        """An expression for entries to which one of the expressions applies."""

    def proposes(self, parameter: str) -> ColumnElement[bool]:
        """The condition that the index proposes an entry of account_text for the expression given as a parameter."""

    def contains(self, field: ColumnElement[str], part: BindParameter[str]) -> ColumnElement[bool]:
        """The proof: the field holds the part in one run."""

    def replace(self, session: Session, old: Sequence[Entry], new: Sequence[Entry]) -> None:
        """Take the old entries out and put the new ones in."""


def _delete_entries(session: Session, old: Sequence[Entry]) -> None:
    ids = [{"gone": entry[0]} for entry in old]
    if ids:
        session.connection().execute(delete(account_text).where(account_text.c.account_id == bindparam("gone")), ids)


class SqlitePairs:
    """A full-text table without content beside `account_text`."""

    def all_of(self, pairs: Iterable[str]) -> str:
        """Quoted words, all of them."""
        return self.both(f'"{pair}"' for pair in sorted(pairs))

    def both(self, expressions: Iterable[str]) -> str:
        """Joined by AND."""
        return f"({' AND '.join(expressions)})"

    def either(self, expressions: Iterable[str]) -> str:
        """Joined by OR."""
        return f"({' OR '.join(expressions)})"

    def proposes(self, parameter: str) -> ColumnElement[bool]:
        """The full-text table gives the entry's number; adding 0 keeps that table outermost, read up to the limit."""
        index = table("account_pairs", column("rowid"))
        match = text(f"account_pairs match :{parameter}").bindparams(bindparam(parameter, type_=Text()))
        return (account_text.c.account_id == index.c.rowid + 0) & match

    def contains(self, field: ColumnElement[str], part: BindParameter[str]) -> ColumnElement[bool]:
        """By instr, which unlike LIKE knows no wildcards."""
        return func.instr(field, part) > 0

    def replace(self, session: Session, old: Sequence[Entry], new: Sequence[Entry]) -> None:
        """A table without content must be told what it is to forget."""
        connection = session.connection()
        if old:
            forget = "insert into account_pairs(account_pairs, rowid, pairs) values ('delete', ?, ?)"
            connection.exec_driver_sql(forget, [(entry[0], _entry_pairs(entry)) for entry in old])
            _delete_entries(session, old)
        if new:
            learn = "insert into account_pairs(rowid, pairs) values (?, ?)"
            connection.exec_driver_sql(learn, [(entry[0], _entry_pairs(entry)) for entry in new])
            staging.fill(session, account_text, pd.DataFrame(new, columns=ENTRY))


class PostgresPairs:
    """A column of pairs with a GIN index."""

    def all_of(self, pairs: Iterable[str]) -> str:
        """Quoted words, all of them."""
        return self.both(f"'{pair}'" for pair in sorted(pairs))

    def both(self, expressions: Iterable[str]) -> str:
        """Joined by &."""
        return f"({' & '.join(expressions)})"

    def either(self, expressions: Iterable[str]) -> str:
        """Joined by |."""
        return f"({' | '.join(expressions)})"

    def proposes(self, parameter: str) -> ColumnElement[bool]:
        """Rendered as a literal: how common the pairs are decides whether the index or the table is read."""
        query: BindParameter[str] = bindparam(parameter, type_=Text(), literal_execute=True)
        return literal_column("account_text.pairs").op("@@", is_comparison=True)(cast(query, TSQUERY))

    def contains(self, field: ColumnElement[str], part: BindParameter[str]) -> ColumnElement[bool]:
        """By strpos, which unlike LIKE knows no wildcards."""
        return func.strpos(field, part) > 0

    def replace(self, session: Session, old: Sequence[Entry], new: Sequence[Entry]) -> None:
        """Rows out, rows in."""
        _delete_entries(session, old)
        frame = pd.DataFrame(new, columns=ENTRY)
        staging.fill(session, _account_text_with_pairs, frame.assign(pairs=[_entry_pairs(entry) for entry in new]))


_INDEXES: dict[str, PairIndex] = {"sqlite": SqlitePairs(), "postgresql": PostgresPairs()}


def pair_index(session: Session) -> PairIndex:
    """The index of the session's database."""
    return _INDEXES[session.get_bind().dialect.name]
