"""What every kind of file has in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.progress import Progress
from app.core.upsert import CREATED, UNCHANGED, UPDATED, Written
from app.imports.checks.positions import FileIssue
from app.imports.checks.territory import Territory
from app.imports.fields import Kind
from app.imports.rows import Issue, Rows
from app.organisation.models import OrganisationUnit


@dataclass(frozen=True)
class Result:
    """What became of the accepted rows, and what must be looked at again."""

    created: int
    updated: int
    unchanged: int
    boxes: Select | None = None
    """Boxes (ids) to assign."""
    left_areas: Select | None = None
    """Transformer areas (ids) that boxes have left."""
    accounts: Select | None = None
    """Accounts (ids) to put into the search index."""
    placed: dict[str, int] | None = None
    """Metering points by reason, where all have the cells of their boxes already and are counted."""
    written: Written | None = None
    """What became of each row, where rows have codes."""

    @classmethod
    def of(cls, written: Written, boxes: Select | None = None) -> "Result":
        """The counts of an upsert."""
        return cls(written.count(CREATED), written.count(UPDATED), written.count(UNCHANGED), boxes, written=written)


class Importer(ABC):
    """Checks the rows of one file and writes them."""

    kind: Kind
    streams = False
    """Whether blocks are checked and written one by one; else the whole file is one block."""

    def __init__(self, session: Session, crs: str, scope: Scope) -> None:
        self.session = session
        self.crs = crs
        self.territory = Territory(session, scope)

    @abstractmethod
    def check(self, rows: Rows) -> Iterator[Issue]:
        """Yield what is wrong with the rows; puts values into `rows.values`."""

    @abstractmethod
    def frame(self, rows: Rows) -> pd.DataFrame:
        """The accepted rows, ready to be written."""

    @abstractmethod
    def store(self, frames: Iterable[pd.DataFrame], progress: Progress) -> Result:
        """Write the accepted rows in the session's transaction."""

    def finish(self) -> Iterator[FileIssue]:
        """What can only be said of the file as a whole."""
        return iter(())


def lookup(session: Session, model: Any, *conditions: Any) -> dict[str, str]:
    """Codes by codes, and by names that only one row has."""
    rows = session.execute(select(model.code, model.name).where(*conditions)).all()
    return by_code_and_name([row.code for row in rows], [row.name for row in rows])


def by_code_and_name(codes: Iterable[str], names: Iterable[str | None]) -> dict[str, str]:
    """Codes by themselves, and by their names where these are given and different."""
    by_name: dict[str, str] = {}
    several = set()
    codes = list(codes)
    for code, name in zip(codes, names, strict=True):
        if name and name in by_name:
            several.add(name)
        elif name:
            by_name[name] = code
    return {name: code for name, code in by_name.items() if name not in several} | {
        code: code for code in codes if code
    }


def station_lookup(session: Session) -> dict[str, str]:
    """Stations by code and name. Where an organisation is imported flat, districts may have customers too."""
    return lookup(session, OrganisationUnit)


def records(frames: Iterable[pd.DataFrame]) -> list[dict[str, Any]]:
    """All rows as dictionaries, with None for what is empty."""
    return [
        {str(name): None if value is None or value == "" or value is pd.NaT else value for name, value in row.items()}
        for frame in frames
        for row in frame.astype(object).to_dict("records")
    ]
