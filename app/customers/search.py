"""Find accounts by any part of a name or address, and keep the index of both right."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BindParameter,
    Column,
    Integer,
    MetaData,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Session

from app.core import staging
from app.core.access import Scope
from app.core.one_of import numbers_given, one_of
from app.customers.models import Account, Customer
from app.customers.pairs import (
    ADDRESS,
    BLOCK_BITS,
    NAME,
    NO_TEXTS,
    SHORTEST,
    Entry,
    Postings,
    Texts,
    account_text,
    fold,
    fold_all,
    keep,
    pairs_of,
    replace,
)
from app.customers.scope import Bounds, accounts_inside, bounds_of, parameters, within

MOST_PROVED = 2_000
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


def search_accounts(session: Session, scope: Scope, text: str, limit: int) -> list[int]:
    """The ids of the accounts in a scope whose name or address contains the text, the likeliest first.

    A name that equals it comes first, then names that begin with it, that contain it, then addresses. Parts between
    blanks may also stand apart, one in the name and another in the address; such hits follow those in one run. The
    index only proposes: every hit is proved to contain what was typed.
    """
    typed = Typed.from_text(text)
    if len(typed.whole) < SHORTEST:
        return []
    found = _in_one_run(session, scope, typed.whole, limit)
    ids = [entry.account_id for entry in sorted(found, key=lambda entry: _rank(typed.whole, entry))]
    if len(ids) < limit and len(typed.parts) > 1 and max(map(len, typed.parts)) >= SHORTEST:
        known = set(ids)
        ids += [one.account_id for one in _in_parts(session, scope, typed.parts, limit) if one.account_id not in known]
    return ids[:limit]


def _rank(whole: str, entry: Entry) -> tuple[int, int, int]:
    if whole in entry.name:
        kind = 0 if entry.name == whole else 1 if entry.name.startswith(whole) else 2
        return kind, len(entry.name), entry.account_id
    return 3 if entry.address.startswith(whole) else 4, len(entry.address), entry.account_id


def _in_one_run(session: Session, scope: Scope, whole: str, limit: int) -> Iterable[Entry]:
    """Names that begin with the text, then names and addresses whose pairs say that they may contain it."""
    found = {entry.account_id: entry for entry in _beginning(session, scope, whole, limit)}
    in_name, in_address = pairs_of(NAME, whole), pairs_of(ADDRESS, whole)
    postings = Postings(session, [*in_name, *in_address])
    proposed = _proposed(session, scope, postings, [[[pairs]] for pairs in (in_name, in_address)])
    for entry in _proved(session, scope, proposed, limit, lambda entry: whole in entry.name or whole in entry.address):
        found[entry.account_id] = entry
    return found.values()


def _beginning(session: Session, scope: Scope, whole: str, limit: int) -> Iterator[Entry]:
    """The first entries in the order of names that begin with the text; those of a scope are among the first many."""
    asked = {"first": whole, "last": whole + _END, "limit": limit} | parameters(scope)
    return (Entry(*row) for row in session.execute(_beginning_with(bounds_of(scope)), asked).all())


@cache
def _beginning_with(bounds: Bounds) -> Select[int, str, str]:
    name = account_text.c.name
    begins = select(account_text).where(name >= bindparam("first"), name < bindparam("last")).order_by(name)
    most: BindParameter[int] = bindparam("limit", type_=Integer(), literal_execute=True)
    if bounds.everywhere:
        statement = within(begins.limit(most), bounds, account_text.c.account_id)
    else:
        first = begins.limit(literal(MOST_PROVED, literal_execute=True)).subquery()
        statement = within(select(first), bounds, first.c.account_id).order_by(first.c.name).limit(most)
    return statement.execution_options(prepared=True)


def _in_parts(session: Session, scope: Scope, parts: Sequence[str], limit: int) -> list[Entry]:
    """Entries that hold every part in the name or in the address."""
    long_enough = [part for part in parts if len(part) >= SHORTEST]
    wanted = [(pairs_of(NAME, part), pairs_of(ADDRESS, part)) for part in long_enough]
    postings = Postings(session, [pair for both in wanted for pairs in both for pair in pairs])
    proposed = _proposed(session, scope, postings, [wanted])
    return _proved(
        session,
        scope,
        proposed,
        limit,
        lambda entry: all(part in entry.name or part in entry.address for part in parts),
    )


def _proposed(
    session: Session, scope: Scope, postings: Postings, wanted: Sequence[Sequence[Sequence[NDArray[np.int64]]]]
) -> list[NDArray[np.int64]]:
    """The accounts that may hold each of what is wanted: the city's first, or all of a scope.

    Where the city has more than can be proved, the scope says which of them are its own.
    """
    if scope.everywhere:
        return [postings.first_having(every, MOST_PROVED) for every in wanted]
    proposed = [postings.first_having(every) for every in wanted]
    if all(len(some) <= MOST_PROVED for some in proposed):
        return proposed
    inside = accounts_inside(session, scope)
    return [some[np.isin(some, inside, assume_unique=True)] for some in proposed]


def _proved(
    session: Session,
    scope: Scope,
    proposed: Sequence[NDArray[np.int64]],
    limit: int,
    holds: Callable[[Entry], bool],
) -> list[Entry]:
    """The entries that hold what was typed, of the first that each list proposes, and of more where these are few."""
    proved: list[Entry] = []
    for start, end in pairwise(min(some, MOST_PROVED) for some in (0, 4 * limit, 20 * limit, MOST_PROVED)):
        ids = {account_id for some in proposed for account_id in some[start:end].tolist()}
        if len(proved) < limit and ids:
            rows = session.execute(_texts_of_some(bounds_of(scope)), {"ids": ids} | parameters(scope)).all()
            proved += filter(holds, (Entry(*row) for row in rows))
    return proved


@cache
def _texts_of_some(bounds: Bounds) -> Select[int, str, str]:
    statement = select(account_text).where(one_of(account_text.c.account_id, numbers_given("ids")))
    return within(statement, bounds, account_text.c.account_id).execution_options(prepared=True)


def index_accounts(session: Session, accounts: Select[int]) -> None:
    """Bring the index up to date for exactly these accounts, given as a select of their ids.

    Call it after a change of names or addresses in the transaction of the change; a changed customer concerns all of
    its accounts. Entries that say what they said before are left alone.
    """
    staging.create(session, _waiting)
    session.execute(insert(_waiting).from_select(["account_id"], accounts.distinct()))
    next_block = _next_block(session, 0)
    while next_block is not None:
        _index_block(session, next_block)
        next_block = _next_block(session, next_block + 1)
    staging.drop(session, _waiting)


def _next_block(session: Session, block: int) -> int | None:
    first = select(func.min(_waiting.c.account_id)).where(_waiting.c.account_id >= block << BLOCK_BITS)
    account_id = session.scalar(first)
    return None if account_id is None else account_id >> BLOCK_BITS


def _index_block(session: Session, block: int) -> None:
    rows = session.connection().execute(_texts_of_block(block)).all()
    account_ids, names, addresses, old_names, old_addresses = zip(*rows, strict=True)
    now = Texts(account_ids, fold_all(names), fold_all(addresses))
    former = Texts(account_ids, old_names, old_addresses)
    changed = [
        place for place, (new, old) in enumerate(zip(_pairwise(now), _pairwise(former), strict=True)) if new != old
    ]
    known = [place for place in changed if old_names[place] is not None]
    old, new = _at(former, known), _at(now, changed)
    replace(session, block, old, new)
    if known:
        ids = [{"gone": account_id} for account_id in old.account_ids]
        session.connection().execute(delete(account_text).where(account_text.c.account_id == bindparam("gone")), ids)
    keep(session, new)


def _pairwise(texts: Texts) -> Iterator[tuple[str, str]]:
    return zip(texts.names, texts.addresses, strict=True)


def _at(texts: Texts, places: Sequence[int]) -> Texts:
    columns: Iterator[list[Any]] = ([column[place] for place in places] for column in texts)
    return Texts(*columns)


def _texts_of_block(block: int) -> Select[int, str, str, str | None, str | None]:
    """The waiting accounts of a block, as they are now and as the index has them."""
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
        .where(_waiting.c.account_id.between(block << BLOCK_BITS, ((block + 1) << BLOCK_BITS) - 1))
    )


def forget_accounts(session: Session, accounts: Select[int]) -> None:
    """Take these accounts out of the index; call it before they are deleted."""
    rows = session.execute(select(account_text).where(account_text.c.account_id.in_(accounts))).all()
    by_block: dict[int, list[Sequence[Any]]] = {}
    for row in rows:
        by_block.setdefault(row.account_id >> BLOCK_BITS, []).append(row)
    for block, old in by_block.items():
        replace(session, block, Texts(*zip(*old, strict=True)), NO_TEXTS)
    session.execute(delete(account_text).where(account_text.c.account_id.in_(accounts)))
