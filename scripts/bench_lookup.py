"""The look-up in a demo city on the embedded database, or in the register that is set up.

Exact keys, and two to six characters of names and addresses.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from flask_babel import force_locale
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import Row as Figure
from bench import finish

from app import create_app
from app.core import migrate
from app.core.access import EVERYWHERE
from app.core.clock import today
from app.core.database import Database, database
from app.core.settings import Settings
from app.customers.models import Account, Customer, CustomerPhone, MeterBox, MeterPoint
from app.customers.search import index_accounts, search_accounts
from app.demo.service import load
from app.lookup.service import lookup

SAMPLE, REPEATS = 300, 3
KEY_CEILING_MS, TEXT_CEILING_MS = 5.0, 50.0


@contextmanager
def city(households: int) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(instance=Path(folder), database_url=f"sqlite:///{folder}/city.sqlite3"))
        with app.app_context(), force_locale("en"):
            migrate.upgrade(database().engine)
            with database().transaction() as session:
                load(session, households, seed=1)
            yield database()
            database().engine.dispose()


@contextmanager
def register() -> Iterator[Database]:
    """The register of GRIDCRM_DATABASE_URL as it is."""
    with create_app().app_context(), force_locale("en"):
        yield database()


def sample(session: Session, rng: random.Random) -> Sequence[Row]:
    ids = list(session.scalars(select(Account.id)))
    statement = (
        select(Account.number, Account.address, Customer.name, CustomerPhone.number, MeterBox.number)
        .join(Customer, Customer.id == Account.customer_id)
        .join(CustomerPhone, CustomerPhone.customer_id == Customer.id)
        .join(MeterPoint, MeterPoint.account_id == Account.id)
        .join(MeterBox, MeterBox.id == MeterPoint.box_id)
        .where(Account.id.in_(rng.sample(ids, min(SAMPLE, len(ids)))))
    )
    return session.execute(statement).all()


def parts(rows: Sequence[Row], length: int, rng: random.Random) -> list[str]:
    texts = [text for _number, address, name, _phone, _box in rows for text in (address, name) if len(text) >= length]
    starts = [rng.randrange(len(text) - length + 1) for text in texts]
    return [text[start : start + length] for text, start in zip(texts, starts, strict=True)]


def p99(store: Database, find: Callable[[Session, str], object], queries: Sequence[str]) -> float:
    """The 99th percentile in milliseconds over the queries, each the best of a few, so that neighbours count less."""
    best = [min(_seconds(store, find, query) for _run in range(REPEATS)) for query in queries]
    return float(np.percentile(best, 99)) * 1000


def _seconds(store: Database, find: Callable[[Session, str], object], query: str) -> float:
    with store.sessions() as session:
        start = time.perf_counter()
        find(session, query)
        return time.perf_counter() - start


def indexing_seconds(store: Database) -> float:
    """How long the text index takes to look at every account again and leave it."""
    with store.transaction() as session:
        start = time.perf_counter()
        index_accounts(session, select(Account.id))
        return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=100_000)
    parser.add_argument("--stored", action="store_true", help="measure the register of GRIDCRM_DATABASE_URL instead")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rng, figures = random.Random(1), []
    with register() if arguments.stored else city(arguments.households) as store:
        with store.sessions() as session:
            rows = sample(session, rng)

        def by_key(session: Session, query: str) -> object:
            return lookup(session, EVERYWHERE, query, today())

        def by_text(session: Session, query: str) -> object:
            return search_accounts(session, EVERYWHERE, query, 20)

        for what, column in (("account number", 0), ("phone", 3), ("box number", 4)):
            spent = p99(store, by_key, [row[column] for row in rows])
            figures.append(Figure(f"look-up by {what}, p99", spent, "ms", at_most=KEY_CEILING_MS))
        for length in range(2, 7):
            spent = p99(store, by_text, parts(rows, length, rng))
            figures.append(Figure(f"search for {length} characters, p99", spent, "ms", at_most=TEXT_CEILING_MS))
        figures.append(Figure("compare every account with the text index", indexing_seconds(store), "s"))
    return finish(figures, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
