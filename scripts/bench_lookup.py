"""The look-up among all households, in the service: exact keys, and two to six characters of names and addresses."""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import Row as Found
from sqlalchemy import select, text
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cities import City, cities
from figures import Options, Row, alone

from app.core.access import EVERYWHERE
from app.core.clock import today
from app.core.database import Database
from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterInstallation, MeterPoint
from app.customers.search import search_accounts
from app.lookup.service import lookup

SAMPLE, SCANS, REPEATS = 300, 3, 3
KEY_CEILING_MS, TEXT_CEILING_MS = 5.0, 50.0
KINDS = ("account number", "phone", "meter", "box number")
SCAN = "select account.id from account where address like '%' || :text || '%' limit 20"
"""What a look-up without an index of texts does."""
NAKED = {
    "account number": "select id from account where number = :text",
    "phone": "select customer_id from customer_phone where number = :text",
    "meter": "select meter_point_id from meter_installation where asset_no = :text",
    "box number": "select id from meter_box where number = :text",
}
"""The least that a database does for a key: one row by its index."""


def sample(session: Session, rng: random.Random) -> Sequence[Found]:
    """Number, phone, meter, box, address and name of some accounts."""
    last = session.scalar(text("select max(id) from account")) or 0
    ids = [rng.randint(1, last) for _each in range(SAMPLE)]
    statement = (
        select(Account.number, CustomerPhone.number, MeterInstallation.asset_no, MeterBox.number, Account.address,
               Customer.name)
        .join(Customer, Customer.id == Account.customer_id)
        .join(CustomerPhone, CustomerPhone.customer_id == Customer.id)
        .join(MeterPoint, MeterPoint.account_id == Account.id)
        .join(MeterInstallation, MeterInstallation.meter_point_id == MeterPoint.id)
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .where(Account.id.in_(ids), MeterInstallation.asset_no.is_not(None))
    )  # fmt: skip
    return session.execute(statement).all()


def parts(rows: Sequence[Found], length: int, rng: random.Random) -> list[str]:
    """A part of so many characters of each address and name that is long enough."""
    texts = [text for row in rows for text in row[4:6] if len(text) >= length]
    starts = [rng.randrange(len(text) - length + 1) for text in texts]
    return [text[start : start + length] for text, start in zip(texts, starts, strict=True)]


def p99_ms(store: Database, find: Callable[[Session, str], object], queries: Sequence[str]) -> float:
    """The 99th percentile over the queries, each the best of a few, so that neighbours count less."""
    best = [min(_seconds(store, find, query) for _run in range(REPEATS)) for query in queries]
    return float(np.percentile(best, 99)) * 1000


def _seconds(store: Database, find: Callable[[Session, str], object], query: str) -> float:
    with store.reading() as session:
        start = time.perf_counter()
        find(session, query)
        return time.perf_counter() - start


def asking(statement: str) -> Callable[[Session, str], object]:
    """Asks the statement and nothing else."""
    return lambda session, query: session.execute(text(statement), {"text": query}).all()


def by_key(session: Session, query: str) -> object:
    return lookup(session, EVERYWHERE, query, today())


def by_text(session: Session, query: str) -> object:
    return search_accounts(session, EVERYWHERE, query, 20)


def of_city(city: City) -> Iterator[Row]:
    """The rows of one city."""
    rng = random.Random(1)
    with city.register() as store:
        with store.sessions() as session:
            found = sample(session, rng)
        there = {"database": city.database, "size": city.size}
        for column, kind in enumerate(KINDS):
            queries = [row[column] for row in found]
            spent, naked = (p99_ms(store, find, queries) for find in (by_key, asking(NAKED[kind])))
            peer = "ms, one row by its index"
            yield Row(
                f"look-up by {kind}, p99", spent, "ms", None, KEY_CEILING_MS, **there, peer=peer, peer_value=naked
            )
        for length in range(2, 7):
            queries = parts(found, length, rng)
            spent, scan = p99_ms(store, by_text, queries), p99_ms(store, asking(SCAN), queries[:SCANS])
            what, peer = f"search for {length} characters, p99", "ms, reading all addresses"
            yield Row(what, spent, "ms", None, TEXT_CEILING_MS, **there, peer=peer, peer_value=scan)


def rows(options: Options) -> list[Row]:
    with cities(options) as made:
        return [row for city in made for row in of_city(city)]


if __name__ == "__main__":
    sys.exit(alone(__doc__, rows))
