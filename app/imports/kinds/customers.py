"""Customers with their accounts, metering points, meters and boxes."""

from collections.abc import Iterable, Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assignment.first import Placer
from app.core.access import Scope
from app.core.progress import Progress
from app.core.settings import settings
from app.customers.bulk import COLUMNS, store
from app.customers.models import Account
from app.imports.checks import keys, phones, words
from app.imports.checks.positions import FileIssue, Positions
from app.imports.checks.service_area import ServiceArea, units_without_boundary
from app.imports.fields import CUSTOMERS
from app.imports.kinds.base import Importer, Result, lookup, station_lookup
from app.imports.rows import Issue, Mask, Rows, Texts, absent, as_array
from app.organisation.models import OrganisationUnit, TransformerArea
from app.organisation.queries import boundaries
from gis.assignment import assign_points

ASKED_AT_ONCE = 5_000
NUMBERS = ("account_no", "customer_no", "meter_point_no", "asset_no", "box_no")
KINDS_OF_CUSTOMER = {
    "居民": "household", "household": "household", "低压居民": "household", "居民用户": "household",
    "residential": "household", "住宅": "household",
    "非居民": "business", "business": "business", "低压非居民": "business", "企业": "business", "商业": "business",
    "工业": "business", "单位": "business", "commercial": "business", "工商业": "business", "一般工商业": "business",
    "农业": "business", "农业生产": "business", "高压": "business", "专变": "business", "学校": "business",
    "机关": "business",
}  # fmt: skip
CARES = {
    "独居": "lives_alone", "lives_alone": "lives_alone", "独居老人": "lives_alone", "孤寡老人": "lives_alone",
    "生命支持": "life_support", "life_support": "life_support", "依赖生命支持设备": "life_support",
    "重要": "important", "important": "important", "重要客户": "important", "重要用户": "important",
    "无": "-", "none": "-", "否": "-", "-": "-",
}  # fmt: skip


class CustomerImporter(Importer):
    """Streams: a city's file never lies in memory as a whole."""

    kind = CUSTOMERS
    streams = True

    def __init__(self, session: Session, crs: str, scope: Scope) -> None:
        super().__init__(session, crs, scope)
        self._areas_beyond = self.territory.beyond_of(TransformerArea)
        self._stations = station_lookup(session)
        self._areas = lookup(session, TransformerArea)
        self._seen, self._accounts = keys.Seen(), keys.Seen()
        self._positions = Positions(ServiceArea.of(session), crs, settings().shared_position_boxes)
        self._boundaries = boundaries(session)
        self._unbounded = units_without_boundary(session)
        rows = session.execute(select(OrganisationUnit.id, OrganisationUnit.code))
        self._code_of_station = dict(rows.all())

    def check(self, rows: Rows) -> Iterator[Issue]:
        """All checks of a row; doubled rows last, so that a rejected row cannot take another's place."""
        yield from keys.required(rows, "account_no")
        for name in NUMBERS:
            yield from keys.code(rows, name)
        yield from keys.pattern(rows, "account_no", settings().account_pattern, "account_format")
        for name, most in (("name", 200), ("address", 500), ("box_address", 500)):
            rows.values[name] = rows.text(name)
            yield from keys.length(rows, name, most)
        yield from words.word(rows, "kind", KINDS_OF_CUSTOMER)
        yield from words.words(rows, "care", CARES)
        yield from words.day(rows, "installed_on")
        yield from phones.phones(rows, ("phones", "more_phones"), into="phones")
        yield from words.known(rows, "station", self._stations, "unknown_station")
        yield from words.known(rows, "area", self._areas, "unknown_area")
        yield from self._positions.check(rows, ~self._lies_anywhere(rows))
        yield from self._has_station(rows)
        points = rows.values["meter_point_no"]
        own = np.where(absent(points), rows.codes("account_no"), points)
        yield from self._within(rows, own)
        name = "meter_point_no" if rows.has("meter_point_no") else "account_no"
        yield from self._seen.doubled(rows, name, own)
        customers = rows.values["customer_no"]
        owners = np.where(absent(customers), rows.text("name"), customers)
        yield from self._accounts.disputed(rows, "account_no", rows.codes("account_no"), owners)
        self._positions.gather(rows, _boxes(rows, own))

    def _within(self, rows: Rows, own: Texts) -> Iterator[Issue]:
        """Station and area, by word or by position, and whatever of the row is known already."""
        units = rows.values["station"]
        placed = rows.empty("station") & self.territory.beyond(units)
        yield Issue("outside_scope", "lon", placed, {"value": units})
        yield from self.territory.unit(rows, "station")
        yield self.territory.among(rows, "area", self._areas_beyond)
        accounts, customers = rows.codes("account_no"), rows.values["customer_no"]
        known = {
            "account_no": accounts,
            "customer_no": np.where(absent(customers), accounts, customers),
            "meter_point_no": own,
            "box_no": _boxes(rows, own),
        }
        yield from self.territory.numbers(rows, known)

    def _lies_anywhere(self, rows: Rows) -> Mask:
        """Nobody can say where the customers of a station without a boundary are."""
        if not self._unbounded:
            return np.zeros(len(rows), dtype=bool)
        return np.array([station in self._unbounded for station in rows.values["station"]], dtype=bool)

    def _has_station(self, rows: Rows) -> Iterator[Issue]:
        """By its own word, its area, the boundary around its position, or an account that is stored already."""
        homeless = rows.empty("station") & absent(rows.values["area"])
        if homeless.any() and len(self._boundaries):
            found = assign_points(rows.values["lon"], rows.values["lat"], gpd.GeoSeries(self._boundaries))
            codes = [self._code_of_station[station] for station in self._boundaries.index]
            rows.values["station"] = as_array(
                [codes[place] if alone and place >= 0 else station
                 for alone, place, station in zip(homeless, found, rows.values["station"], strict=True)]
            )  # fmt: skip
            homeless &= found < 0
        if homeless.any():
            homeless &= ~self._are_stored(rows, homeless)
        yield Issue("no_station", "station", homeless)

    def _are_stored(self, rows: Rows, mask: Mask) -> Mask:
        wanted = rows.codes("account_no")
        asked = sorted(set(wanted[mask]))
        stored: set[str] = set()
        for start in range(0, len(asked), ASKED_AT_ONCE):
            part = asked[start : start + ASKED_AT_ONCE]
            stored.update(self.session.scalars(select(Account.number).where(Account.number.in_(part))))
        return np.array([number in stored for number in wanted], dtype=bool)

    def frame(self, rows: Rows) -> pd.DataFrame:
        """The columns that the register takes."""
        return rows.frame(COLUMNS)

    def finish(self) -> Iterator[FileIssue]:
        """What the positions say together."""
        return self._positions.finish(self._known_places)

    def store(self, frames: Iterable[pd.DataFrame], progress: Progress) -> Result:
        """Write them as sets."""
        placer = Placer(self.session)
        stored = store(self.session, frames, progress, placer)
        self._known_places = stored.places
        counts = stored.created, stored.updated, stored.unchanged
        return Result(*counts, stored.boxes, stored.areas, stored.accounts, placer.counts)


def _boxes(rows: Rows, own: Texts) -> Texts:
    """What tells one box from another: its number, or the point that hangs alone in it."""
    numbers = rows.values["box_no"]
    return np.where(absent(numbers), own, numbers)
