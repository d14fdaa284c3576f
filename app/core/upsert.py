"""Write rows that have a code: what is new is inserted, what differs is updated, the rest is left alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@dataclass
class Written:
    """What became of each row, by its code."""

    states: dict[Any, str] = field(default_factory=dict)

    def mark(self, key: Any, state: str) -> None:
        """Note what became of a row; a row that is new stays so."""
        if self.states.get(key) != CREATED and (state != UNCHANGED or key not in self.states):
            self.states[key] = state

    def count(self, state: str) -> int:
        """How many rows ended so."""
        return sum(1 for known in self.states.values() if known == state)

    def keys(self, *states: str) -> list[Any]:
        """The codes of the rows that ended so."""
        return [key for key, state in self.states.items() if state in states]


def upsert(session: Session, model: Any, rows: Iterable[Mapping[str, Any]], written: Written | None = None) -> Written:
    """Write rows of columns by their `code`; a value of None keeps what is stored."""
    session.flush()
    written = written or Written()
    wanted = [dict(row) for row in rows]
    if not wanted:
        return written
    columns = [name for name in wanted[0] if name != "code"]
    stored = {
        row.code: row
        for row in session.execute(select(model.id, model.code, *(getattr(model, name) for name in columns)))
    }
    new, changed = [], []
    for row in wanted:
        former = stored.get(row["code"])
        if former is None:
            new.append(row)
            written.mark(row["code"], CREATED)
            continue
        values = {name: getattr(former, name) if row[name] is None else row[name] for name in columns}
        differs = any(values[name] != getattr(former, name) for name in columns)
        if differs:
            changed.append({"id": former.id, **values})
        written.mark(row["code"], UPDATED if differs else UNCHANGED)
    if new:
        session.execute(insert(model), new)
    if changed:
        session.execute(update(model), changed)
    session.expire_all()
    return written


def ids_by_code(session: Session, model: Any) -> dict[str, int]:
    """The ids of all rows by their codes."""
    return dict(session.execute(select(model.code, model.id)).all())
