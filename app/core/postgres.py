"""Connections to PostgreSQL: what they keep between two transactions, and whether their server is still there.

Planning a statement of a dozen tables takes longer than running it. One that asks for it by
`execution_options(prepared=True)` is planned once for a connection. That is for statements asked again and again for
one or a few rows by their keys, for after some runs the plan no longer looks at the values. Whatever else only reads is
planned for its values each time. `execution_options(binary=True)` brings large values as they are, not as text.
"""

import select
import time
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

PREPARED, BINARY = "prepared", "binary"
QUIET = 30
"""Seconds after which a connection that nobody used is asked before it is used again."""
_LAST_USED = "gridcrm.last_used"


class Connection(psycopg.Connection[Any]):
    """A connection that keeps its plans when a transaction ends that could only read.

    psycopg forgets them at each rollback, for what a statement names might have gone with it.
    """

    def rollback(self) -> None:
        """End the transaction; one that could only read, and did not fail, has nothing to undo."""
        if self.read_only and self.info.transaction_status == TransactionStatus.INTRANS:
            self.commit()
        else:
            super().rollback()

    @property
    def is_silent(self) -> bool:
        """Whether nothing has come from the server; what it says unasked may be that it ends."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return not poll.poll(0)


def set_up(engine: Engine) -> None:
    """Let the connections of an engine on PostgreSQL keep plans, and be there when they are used."""
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "do_execute", _execute)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _refuse_ended)


def _connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Connection:
    return Connection.connect(*arguments, **options)


def _execute(cursor: psycopg.Cursor[Any], statement: str, parameters: Any, context: Any) -> bool:
    """Run what is marked by its plan, and keep no plan of what else only reads; the rest is the driver's choice."""
    marked = context.execution_options.get(PREPARED, False)
    if isinstance(cursor, psycopg.ServerCursor) or not (marked or cursor.connection.read_only):
        return False
    cursor.execute(statement, parameters, prepare=marked, binary=context.execution_options.get(BINARY))
    return True


def _note_use(_connection: Connection | None, record: Any) -> None:
    record.info[_LAST_USED] = time.monotonic()


def _refuse_ended(connection: Connection, record: Any, _proxy: Any) -> None:
    """Let the pool connect anew where the server has ended a connection: no step to the server where it was just used.

    An ended connection has something to read, where one that lives is silent.
    """
    rested = time.monotonic() - record.info.get(_LAST_USED, -QUIET)
    if connection.closed or not (rested < QUIET and connection.is_silent):
        _ask(connection)


def _ask(connection: Connection) -> None:
    try:
        connection.autocommit = True  # a transaction's rollback would cost the plans
        connection.execute("")
        connection.autocommit = False
    except psycopg.Error as error:
        raise DisconnectionError from error
