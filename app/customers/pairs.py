"""The index of neighbouring characters, the same on every database.

For each pair of characters that stand side by side in a name or an address it keeps the accounts that have it, in
blocks of 65,536 account ids: a sorted list of 16-bit numbers, or a bitmap where that is shorter. Reading a pair costs a
few kilobytes however common it is, and a million accounts are indexed in seconds, array by array.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, reduce
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    delete,
    select,
    text,
)
from sqlalchemy.orm import Session

from app.core import staging
from app.core.one_of import numbers_given, one_of

SHORTEST = 2
NAME, ADDRESS = 0, 1
BLOCK_BITS = 16
BLOCK_SIZE = 1 << BLOCK_BITS
_BITMAP_BYTES = BLOCK_SIZE // 8
_FEW = 500
_OUTSIDE = re.compile(r"[\W_]+")
_ENDED = "\0"
_NOTHING = -1
_NONE = np.empty(0, np.int64)

_metadata = MetaData()

account_text = Table(
    "account_text",
    _metadata,
    Column("account_id", Integer, primary_key=True),
    Column("name", Text),
    Column("address", Text),
)
"""Name and address of every account as they are compared: folded."""

pair_posting = Table(
    "pair_posting",
    _metadata,
    Column("pair", BigInteger, primary_key=True),
    Column("block", Integer, primary_key=True),
    Column("accounts", LargeBinary),
)
"""The accounts of a block that have a pair. Both tables are made by a migration, for no model needs them."""

_POSTINGS = (
    select(pair_posting)
    .where(one_of(pair_posting.c.pair, numbers_given("pairs")))
    .execution_options(scoped="proposes accounts by number alone", prepared=True, binary=True)
)

Integers = NDArray[np.int64]


class Entry(NamedTuple):
    """An account's name and address, folded."""

    account_id: int
    name: str
    address: str


class Texts(NamedTuple):
    """Names and addresses of several accounts, folded."""

    account_ids: Sequence[int]
    names: Sequence[str]
    addresses: Sequence[str]


NO_TEXTS = Texts((), (), ())


@cache
def _folded(character: str) -> str:
    return _OUTSIDE.sub("", unicodedata.normalize("NFKD", character).casefold())


def fold(written: str) -> str:
    """Lower case, narrow, without accents, blanks and punctuation: what is compared.

    >>> fold("Þórsgata 12, Reykjavík")
    'þorsgata12reykjavik'
    """
    return "".join(map(_folded, written))


def fold_all(written: Iterable[str]) -> list[str]:
    """What `fold` makes of each text, at the price of one look-up for each different character.

    >>> fold_all(["Þórsgata 12", "½ 号", ""])
    ['þorsgata12', '12号', '']
    """
    joined = _ENDED.join(["", *written, ""])
    several = {ord(mark): _folded(mark) for mark in set(joined) - {_ENDED} if len(_folded(mark)) > 1}
    codes = _codes(joined.translate(several) if several else joined)
    known = np.flatnonzero(np.bincount(codes))
    table = np.full(known[-1] + 1, _NOTHING)
    for code in known.tolist():
        if folded := _folded(chr(code)):
            table[code] = ord(folded)
    table[0] = 0
    kept = table[codes]
    parts = kept[kept != _NOTHING].astype(np.uint32).tobytes().decode("utf-32-le", "surrogatepass").split(_ENDED)
    return parts[1:-1]


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def pairs_of(field: int, folded: str) -> Integers:
    """The pairs of one folded text, each once."""
    return _distinct(_pairs(field, [folded])[0])


def _pairs(field: int, folded: Sequence[str]) -> tuple[Integers, Integers]:
    """Every pair as field and two code points in one number, and the place of the text that it stands in."""
    codes = _codes(_ENDED.join([*folded, ""])).astype(np.int64)
    ends = codes == 0
    inside = ~(ends[:-1] | ends[1:])
    pairs = field << 42 | codes[:-1] << 21 | codes[1:]
    return pairs[inside], np.cumsum(ends)[:-1][inside]


def _distinct(numbers: Integers) -> Integers:
    """Sorted, each once; several times as fast as numpy's own unique, which hashes."""
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def _among(numbers: Integers, others: Integers) -> Integers:
    """The numbers that are among the others, both sorted."""
    few, many = sorted((numbers, others), key=len)
    places = np.searchsorted(many, few)
    return few[np.append(many, -1)[places] == few]


def _without(numbers: Integers, others: Integers) -> Integers:
    """The numbers that are not among the others, which are sorted."""
    places = np.searchsorted(others, numbers)
    return numbers[np.append(others, -1)[places] != numbers]


def _packed(numbers: NDArray[np.uint16]) -> bytes:
    if numbers.nbytes < _BITMAP_BYTES:
        return numbers.tobytes()
    bits = np.zeros(BLOCK_SIZE, np.uint8)
    bits[numbers] = 1
    return np.packbits(bits).tobytes()


def _bits(bitmap: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.unpackbits(bitmap).view(np.bool_)


def _unpacked(accounts: bytes) -> Integers:
    if len(accounts) < _BITMAP_BYTES:
        return np.frombuffer(accounts, np.uint16).astype(np.int64)
    return np.flatnonzero(_bits(np.frombuffer(accounts, np.uint8)))


def _common(postings: Sequence[bytes]) -> Integers:
    """The numbers that all postings of one block hold, ascending."""
    bitmaps = [np.frombuffer(some, np.uint8) for some in postings if len(some) == _BITMAP_BYTES]
    bits = _bits(np.bitwise_and.reduce(bitmaps)) if bitmaps else None
    lists = sorted((some for some in postings if len(some) < _BITMAP_BYTES), key=len)
    if not lists:
        return _NONE if bits is None else np.flatnonzero(bits)
    numbers = reduce(_among, map(_unpacked, lists))
    return numbers if bits is None else numbers[bits[numbers]]


class Postings:
    """The index's answer about some pairs, read by one statement."""

    def __init__(self, session: Session, pairs: Iterable[int]) -> None:
        self._blocks: dict[int, dict[int, bytes]] = {}
        for pair, block, accounts in session.execute(_POSTINGS, {"pairs": {int(pair) for pair in pairs}}).all():
            self._blocks.setdefault(block, {})[pair] = accounts

    def first_having(self, every: Sequence[Sequence[Integers]], most: int | None = None) -> Integers:
        """The ids, about `most`, of accounts that for each group have all pairs of one of its sets, ascending."""
        found: list[Integers] = []
        count = 0
        groups = [[pairs.tolist() for pairs in sets] for sets in every]
        for block in sorted(self._blocks):
            numbers = reduce(_among, (self._having_any(block, sets) for sets in groups))
            found.append(numbers + (block << BLOCK_BITS))
            count += len(numbers)
            if most is not None and count >= most:
                break
        return np.concatenate([_NONE, *found])

    def _having_any(self, block: int, sets: Sequence[Sequence[int]]) -> Integers:
        postings = self._blocks[block]
        stored = [pairs for pairs in sets if all(pair in postings for pair in pairs)]
        having = [_common([postings[pair] for pair in pairs]) for pairs in stored]
        if len(having) > 1:
            return _distinct(np.concatenate(having))
        return having[0] if having else _NONE


def replace(session: Session, block: int, old: Texts, new: Texts) -> None:
    """Take the old texts of one block's accounts out of the index and put the new ones in."""
    if not staging.is_sqlite(session):
        session.execute(text("lock table pair_posting in exclusive mode"))
    removed, added = members_of(old), members_of(new)
    pairs = _distinct(np.concatenate([removed, added]) >> BLOCK_BITS)
    if not len(pairs):
        return
    condition = pair_posting.c.block == block
    if len(pairs) <= _FEW:
        condition = and_(condition, pair_posting.c.pair.in_(pairs.tolist()))
    kept = _without(_stored(session, condition), removed)
    session.execute(delete(pair_posting).where(condition))
    store(session, block, _distinct(np.concatenate([kept, added])))


def members_of(texts: Texts) -> Integers:
    """All pairs of the texts, each with the number of the account within its block: both in one number, ascending."""
    numbers = np.array(texts.account_ids, np.int64) & (BLOCK_SIZE - 1)
    names, of_name = _pairs(NAME, texts.names)
    addresses, of_address = _pairs(ADDRESS, texts.addresses)
    pairs, of = np.concatenate([names, addresses]), np.concatenate([of_name, of_address])
    return _distinct(pairs << BLOCK_BITS | numbers[of])


def keep(session: Session, texts: Texts) -> None:
    """Append texts that are not stored yet."""
    columns = zip(("account_id", "name", "address"), texts, (pa.int64(), pa.string(), pa.string()), strict=True)
    staging.append(session, account_text.name, {name: pa.array(values, kind) for name, values, kind in columns})


def _stored(session: Session, condition: ColumnElement[bool]) -> Integers:
    """The stored members of some pairs of a block."""
    rows = session.execute(select(pair_posting.c.pair, pair_posting.c.accounts).where(condition)).all()
    numbers = [row.pair << BLOCK_BITS | _unpacked(row.accounts) for row in rows]
    return np.concatenate([_NONE, *numbers])


def store(session: Session, block: int, members: Integers) -> None:
    """Append the members of one block's pairs."""
    if not len(members):
        return
    pairs, numbers = members >> BLOCK_BITS, (members & (BLOCK_SIZE - 1)).astype(np.uint16)
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    ends = np.append(starts[1:], len(pairs))
    accounts = _all_packed(numbers, starts, ends)
    values = pa.array(accounts if staging.is_sqlite(session) else ["\\x" + some.hex() for some in accounts])
    columns = {"pair": pa.array(pairs[starts]), "block": pa.repeat(block, len(starts)), "accounts": values}
    staging.append(session, pair_posting.name, columns)


def _all_packed(numbers: NDArray[np.uint16], starts: Integers, ends: Integers) -> list[bytes]:
    """Each pair's numbers, packed; most are few, and their bytes stand in the array already."""
    content = numbers.tobytes()
    packed = [content[start:end] for start, end in zip((starts * 2).tolist(), (ends * 2).tolist(), strict=True)]
    for place in np.flatnonzero((ends - starts) * 2 >= _BITMAP_BYTES).tolist():
        packed[place] = _packed(numbers[starts[place] : ends[place]])
    return packed
