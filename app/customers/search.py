"""Find accounts by any part of a name or address, and keep the index of both right."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Row, Select, Table, Text, bindparam, insert, select, union_all
from sqlalchemy.orm import Session

from app.core import staging
from app.customers.models import Account, Customer
from app.customers.pairs import (
    SHORTEST,
    Entry,
    PairIndex,
    account_text,
    address_pairs,
    fold,
    name_pairs,
    pair_index,
)

BLOCK = 50_000
_END = "\U0010ffff"

_waiting = Table(
    "account_to_index", MetaData(), Column("account_id", Integer, primary_key=True), prefixes=["TEMPORARY"]
)


@dataclass(frozen=True)
class Typed:
    """What was typed: the whole run of characters, and its parts between blanks."""

    whole: str
    parts: tuple[str, ...]

    @classmethod
    def from_text(cls, written: str) -> "Typed":
        """Fold what was typed."""
        parts = tuple(filter(None, (fold(part) for part in written.split())))
        return cls("".join(parts), parts)


def search_accounts(session: Session, text: str, limit: int) -> list[int]:
    """The ids of the accounts whose name or address contains the text, the likeliest first.

    A name that equals it comes first, then names that begin with it, that contain it, then addresses. Parts between
    blanks may also stand apart, one in the name and another in the address; such hits follow those in one run. The
    index only proposes: every hit is proved to contain what was typed.
    """
    typed, index = Typed.from_text(text), pair_index(session)
    if len(typed.whole) < SHORTEST:
        return []
    rows = session.execute(_in_one_run(index), _run_parameters(index, typed.whole, limit))
    found = {row.account_id: row for row in rows}
    ids = [row.account_id for row in sorted(found.values(), key=lambda row: _rank(typed.whole, row))]
    if len(ids) < limit and len(typed.parts) > 1 and max(map(len, typed.parts)) >= SHORTEST:
        apart = session.scalars(_in_parts(index, len(typed.parts)), _parts_parameters(index, typed.parts, limit))
        ids.extend(sorted(set(apart) - found.keys()))
    return ids[:limit]


def _rank(whole: str, row: Row[int, str, str]) -> tuple[int, int, int]:
    if whole in row.name:
        kind = 0 if row.name == whole else 1 if row.name.startswith(whole) else 2
        return kind, len(row.name), row.account_id
    return 3 if row.address.startswith(whole) else 4, len(row.address), row.account_id


@cache
def _in_one_run(index: PairIndex) -> Select[int, str, str]:
    """Candidates from the sorted names, from the pairs of names and from those of addresses, as many of each."""
    name, address = account_text.c.name, account_text.c.address
    whole, limit = bindparam("whole", type_=Text()), bindparam("limit", type_=Integer())
    entries = select(account_text.c.account_id, name, address)
    candidates = (
        entries.where(name >= whole, name < bindparam("end", type_=Text())).order_by(name),
        entries.where(index.proposes("name_pairs"), index.contains(name, whole)),
        entries.where(index.proposes("address_pairs"), index.contains(address, whole)),
    )
    found = union_all(*(select(part.limit(limit).subquery()) for part in candidates)).subquery()
    return select(found.c.account_id, found.c.name, found.c.address)


def _run_parameters(index: PairIndex, whole: str, limit: int) -> dict[str, Any]:
    return {
        "whole": whole,
        "end": whole + _END,
        "name_pairs": index.all_of(name_pairs(whole)),
        "address_pairs": index.all_of(address_pairs(whole)),
        "limit": limit,
    }


@cache
def _in_parts(index: PairIndex, count: int) -> Select[int]:
    """Entries that hold every part in the name or in the address."""
    statement = select(account_text.c.account_id).where(index.proposes("pairs"))
    for number in range(count):
        part = bindparam(f"part{number}", type_=Text())
        in_name, in_address = (index.contains(field, part) for field in (account_text.c.name, account_text.c.address))
        statement = statement.where(in_name | in_address)
    return statement.limit(bindparam("limit", type_=Integer()))


def _parts_parameters(index: PairIndex, parts: Sequence[str], limit: int) -> dict[str, Any]:
    each = (
        index.either((index.all_of(name_pairs(part)), index.all_of(address_pairs(part))))
        for part in parts
        if len(part) >= SHORTEST
    )
    return {f"part{number}": part for number, part in enumerate(parts)} | {"pairs": index.both(each), "limit": limit}


def index_accounts(session: Session, accounts: Select[int]) -> None:
    """Bring the index up to date for exactly these accounts, given as a select of their ids.

    Call it after a change of names or addresses in the transaction of the change; a changed customer concerns all of
    its accounts. Entries that say what they said before are left alone.
    """
    index = pair_index(session)
    staging.create(session, _waiting)
    session.execute(insert(_waiting).from_select(["account_id"], accounts.distinct()))
    last = 0
    while block := session.execute(_block_after(last)).all():
        last = block[-1].account_id
        old: list[Entry] = []
        new: list[Entry] = []
        for row in block:
            entry = (row.account_id, fold(row.name), fold(row.address))
            if entry[1:] != (row.old_name, row.old_address):
                new.append(entry)
                if row.old_name is not None:
                    old.append((row.account_id, row.old_name, row.old_address))
        index.replace(session, old, new)
    staging.drop(session, _waiting)


def _block_after(last: int) -> Select[int, str, str, str | None, str | None]:
    return (
        select(
            _waiting.c.account_id,
            Customer.name,
            Account.address,
            account_text.c.name.label("old_name"),
            account_text.c.address.label("old_address"),
        )
        .join_from(_waiting, Account, Account.id == _waiting.c.account_id)
        .join(Customer)
        .outerjoin(account_text, account_text.c.account_id == Account.id)
        .where(_waiting.c.account_id > last)
        .order_by(_waiting.c.account_id)
        .limit(BLOCK)
    )


def forget_accounts(session: Session, accounts: Select[int]) -> None:
    """Take these accounts out of the index; call it before they are deleted."""
    entries = select(account_text).where(account_text.c.account_id.in_(accounts))
    pair_index(session).replace(session, [tuple(row) for row in session.execute(entries)], [])
