"""Stations and districts, and transformer areas."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import Scope
from app.core.progress import Progress
from app.imports.checks import keys, phones, words
from app.imports.checks.boundaries import misplaced
from app.imports.checks.polygons import polygons
from app.imports.checks.positions import FileIssue
from app.imports.checks.service_area import ServiceArea
from app.imports.fields import AREAS, STATIONS
from app.imports.kinds.base import Importer, Result, by_code_and_name, lookup, records, station_lookup
from app.imports.rows import Issue, Rows, Texts, absent, as_array
from app.organisation.bulk import store_areas, store_units
from app.organisation.models import Feeder, OrganisationUnit, TransformerArea

KINDS_OF_UNIT = {
    "供电所": "station", "station": "station", "所": "station", "营业所": "station", "town": "station",
    "乡镇": "station",
    "区县局": "district", "district": "district", "县局": "district", "区局": "district", "county": "district",
    "县公司": "district", "供电局": "bureau", "bureau": "bureau", "市局": "bureau", "city": "bureau",
}  # fmt: skip


class UnitImporter(Importer):
    """Bureaus, districts and stations, with their boundaries."""

    kind = STATIONS

    def __init__(self, session: Session, crs: str, scope: Scope) -> None:
        super().__init__(session, crs, scope)
        self._area = ServiceArea.of(session)
        self._shapes = np.empty(0, dtype=object)

    def check(self, rows: Rows) -> Iterator[Issue]:
        """Codes, words, parents and shapes."""
        yield from keys.required(rows, "code")
        yield from keys.code(rows, "code")
        yield from keys.length(rows, "name", 200)
        rows.values["name"] = rows.text("name")
        yield from words.word(rows, "kind", KINDS_OF_UNIT)
        yield from phones.phone(rows, "supervision_phone")
        yield from polygons(rows, self.crs, required=False)
        yield from keys.Seen().doubled(rows, "code", rows.codes("code"))
        yield from self._parents(rows)
        shapes = rows.values["geometry"][~rows.rejected]
        self._shapes = shapes[~absent(shapes)]

    def _parents(self, rows: Rows) -> Iterator[Issue]:
        """A unit belongs to one of the file or of the register, and never to itself."""
        codes, names = rows.codes("code"), rows.text("name")
        of_file = by_code_and_name(codes, names)
        yield from words.known(rows, "parent", lookup(self.session, OrganisationUnit) | of_file, "unknown_unit")
        stored = self._stored_parents()
        above = stored | dict(zip(codes, rows.values["parent"], strict=True))
        circle = np.array([_stands_above_itself(code, above) for code in codes], dtype=bool)
        yield Issue("circle", "parent", circle, {"value": codes})
        if not self.territory.everywhere:
            yield from self._within(rows, codes, stored, above)

    def _within(
        self, rows: Rows, codes: Texts, stored: Mapping[str, str | None], above: Mapping[str, str | None]
    ) -> Iterator[Issue]:
        """Only units inside are changed, none is hung elsewhere, and new ones hang below one inside."""
        inside = self.territory.inside
        known = set(self.session.scalars(select(OrganisationUnit.code)))
        own = np.array([code in inside for code in codes], dtype=bool)
        foreign = np.array([code in known for code in codes], dtype=bool) & ~own
        yield Issue("outside_scope", "code", foreign, {"value": codes})
        parents = rows.values["parent"]
        moved = [parent not in (None, stored.get(code)) for code, parent in zip(codes, parents, strict=True)]
        hung = ~own | np.array(moved, dtype=bool)
        below = np.array([_hangs_below(parent, inside, known, above) for parent in parents], dtype=bool)
        yield Issue("outside_scope", "parent", ~foreign & hung & ~below, {"value": rows.text("parent")})

    def _stored_parents(self) -> dict[str, str | None]:
        parent = OrganisationUnit.__table__.alias("parent")
        unit = OrganisationUnit.__table__
        stored = select(unit.c.code, parent.c.code).join(parent, parent.c.id == unit.c.parent_id)
        return dict(self.session.execute(stored).all())

    def frame(self, rows: Rows) -> pd.DataFrame:
        """The columns that the register takes."""
        frame = rows.frame(("code", "name", "kind", "parent", "supervision_phone", "geometry"))
        return frame.rename(columns={"geometry": "boundary"})

    def finish(self) -> Iterator[FileIssue]:
        """Whether the boundaries lie where they should."""
        return misplaced(self._shapes, self._area.boundaries) if len(self._shapes) else iter(())

    def store(self, frames: Iterable[pd.DataFrame], progress: Progress) -> Result:
        """Write them."""
        return Result.of(store_units(self.session, records(frames)))


def _hangs_below(
    unit: str | None, inside: Collection[str], known: Collection[str], above: Mapping[str, str | None]
) -> bool:
    """Whether the unit is inside, or a new one whose line leads there."""
    seen: set[str] = set()
    while unit is not None and unit not in inside and unit not in known and unit not in seen:
        seen.add(unit)
        unit = above.get(unit)
    return unit in inside


def _stands_above_itself(code: str, above: dict[str, str | None]) -> bool:
    seen: set[str] = set()
    unit: str | None = above.get(code)
    while unit is not None and unit not in seen:
        if unit == code:
            return True
        seen.add(unit)
        unit = above.get(unit)
    return False


class AreaImporter(Importer):
    """Transformer areas; feeders that they name are made."""

    kind = AREAS

    def check(self, rows: Rows) -> Iterator[Issue]:
        """Codes, stations and feeders."""
        yield from keys.required(rows, "code")
        for name in ("code", "feeder"):
            yield from keys.code(rows, name)
        for name in ("name", "feeder_name"):
            rows.values[name] = rows.text(name)
            yield from keys.length(rows, name, 200)
        rows.values["feeder"] = self._feeders(rows)
        yield from words.known(rows, "station", station_lookup(self.session), "unknown_station")
        self._fill_stations(rows)
        yield Issue("no_station", "station", (rows.text("station") == "") & absent(rows.values["station"]))
        yield from self.territory.unit(rows, "station")
        yield from self.territory.thing(rows, "code", TransformerArea)
        yield from self.territory.thing(rows, "feeder", Feeder)
        yield from keys.Seen().doubled(rows, "code", rows.codes("code"))

    def _feeders(self, rows: Rows) -> Texts:
        """A feeder that is only named has its stored code, or its name as its code."""
        known = lookup(self.session, Feeder)
        given = zip(rows.values["feeder"], rows.text("feeder_name"), strict=True)
        return as_array([code or known.get(name, name[:64]) for code, name in given])

    def _fill_stations(self, rows: Rows) -> None:
        """An area without a station belongs to that of its feeder."""
        joined = select(Feeder.code, OrganisationUnit.code).join(
            OrganisationUnit, OrganisationUnit.id == Feeder.station_id
        )
        of_feeder = dict(self.session.execute(joined).all())
        given = zip(rows.values["station"], rows.values["feeder"], rows.text("station"), strict=True)
        rows.values["station"] = as_array(
            [station or (None if text else of_feeder.get(feeder)) for station, feeder, text in given]
        )

    def frame(self, rows: Rows) -> pd.DataFrame:
        """The columns that the register takes."""
        return rows.frame(("code", "name", "station", "feeder", "feeder_name"))

    def store(self, frames: Iterable[pd.DataFrame], progress: Progress) -> Result:
        """Write them."""
        return Result.of(store_areas(self.session, records(frames)))
