"""The search index of an empty register, filled block by block; the next one is worked out while the database works."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Self

from sqlalchemy.orm import Session

from app.customers.pairs import BLOCK_BITS, Integers, Texts, account_text, fold_all, keep, members_of, pair_posting
from app.customers.pairs import store as store_members

TABLES = (account_text.name, pair_posting.name)
PARENTS = ("account",)


class _Block(NamedTuple):
    texts: Texts
    members: Integers


class FirstTexts:
    """Takes names and addresses as they are written: one block of the index after the other.

    Nothing is worked out while rows are written: SQLite's driver would wait for the interpreter at every row.
    """

    def __init__(self, session: Session, blocks: Iterator[Texts]) -> None:
        self._session = session
        self._blocks = blocks
        self._thread = ThreadPoolExecutor(1)
        self._next: Future[_Block | None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def go_on(self) -> None:
        """Write the next block if it is ready, and have another made; called while the database makes indexes."""
        if self._next is None or (self._next.done() and self._write(self._next.result())):
            self._next = self._thread.submit(self._make)

    def finish(self) -> None:
        """Write all that is left."""
        block = self._next.result() if self._next is not None else self._make()
        while self._write(block):
            block = self._make()

    def _make(self) -> _Block | None:
        written = next(self._blocks, None)
        if written is None:
            return None
        texts = Texts(written.account_ids, fold_all(written.names), fold_all(written.addresses))
        return _Block(texts, members_of(texts))

    def _write(self, block: _Block | None) -> bool:
        """Whether there was one."""
        if block is None:
            return False
        store_members(self._session, block.texts.account_ids[0] >> BLOCK_BITS, block.members)
        keep(self._session, block.texts)
        return True
