"""The first customers of an empty register: numbered here, written table by table, their indexes made afterwards.

What the set path (`additions`, `lists`) finds out by joins is known here from the rows alone, for nothing is stored
that they could mean.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import date
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.core import staging
from app.core.indexes import MANY, made_afterwards
from app.core.model import now
from app.core.progress import Progress
from app.customers.bulk.lists import NO_CARE
from app.customers.bulk.placing import Placed, Placer
from app.customers.bulk.spool import Spool
from app.customers.first_texts import PARENTS as TEXT_PARENTS
from app.customers.first_texts import TABLES as TEXT_TABLES
from app.customers.first_texts import FirstTexts
from app.customers.initials import initials_of
from app.customers.models import SpecialCare
from app.customers.pairs import BLOCK_BITS, Texts
from app.organisation.models import OrganisationUnit, TransformerArea

Integers = NDArray[np.int64]

BLOCK = 100_000
TABLES = ("customer", "customer_phone", "special_care", "account", "meter_box", "meter_point", "meter_installation")
PARENTS = ("grid_cell", "transformer_area")
"""Every point refers to one of few cells, every box to an area: asked for all of them at once, not row by row."""

CUSTOMER = {"number": "customer_no", "name": "name", "initials": "initials", "kind": "kind"}
ACCOUNT = {"number": "account_no", "address": "address"}
POINT = {"number": "point_no"}
"""What the columns of these tables are called among the rows."""

TEXTS = (
    "account_no", "customer_no", "name", "initials", "kind", "phones", "care", "address", "point_no", "asset_no",
    "box_no", "box_address",
)  # fmt: skip
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in TEXTS),
        ("installed_on", pa.date32()),
        ("station_id", pa.int32()),
        ("area_id", pa.int32()),
        ("lon", pa.float64()),
        ("lat", pa.float64()),
    ]
)


class FirstRows:
    """Gathers checked rows and writes them as the register's first."""

    def __init__(self, session: Session) -> None:
        self.session = session
        stations = session.execute(select(OrganisationUnit.code, OrganisationUnit.id)).all()
        areas = session.execute(select(TransformerArea.code, TransformerArea.id, TransformerArea.station_id)).all()
        self._station_ids = dict(stations)
        self._area_ids = {code: area for code, area, _station in areas}
        self._station_of_area = {code: station for code, _area, station in areas}
        self._spool = Spool(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._spool.close()

    @property
    def count(self) -> int:
        """The rows so far."""
        return self._spool.rows

    def add(self, frame: pd.DataFrame) -> None:
        """Take a block with the columns of `COLUMNS`; absent columns count as empty."""
        given = {name: _texts(frame, name) for name in TEXTS if name not in ("point_no", "initials")}
        given["point_no"] = pc.coalesce(_texts(frame, "meter_point_no"), given["account_no"])
        given["customer_no"] = pc.coalesce(given["customer_no"], given["account_no"])
        at_home = pc.if_else(pc.is_null(given["box_no"]), given["address"], pa.scalar(None, pa.string()))
        given["box_address"] = pc.coalesce(given["box_address"], at_home)
        given["box_no"] = pc.coalesce(given["box_no"], given["point_no"])
        for name in ("name", "address", "box_address"):
            given[name] = pc.fill_null(given[name], "")
        given["kind"] = pc.fill_null(given["kind"], "household")
        given["initials"] = pa.array(initials_of(given["name"].to_numpy(zero_copy_only=False).tolist()), pa.string())
        area = _texts(frame, "area")
        of_area = _looked_up(area, self._station_of_area)
        given["station_id"] = pc.coalesce(_looked_up(_texts(frame, "station"), self._station_ids), of_area)
        given["area_id"] = _looked_up(area, self._area_ids)
        given["installed_on"] = _days(frame)
        for name in ("lon", "lat"):
            given[name] = pa.array(
                frame[name].astype(float).to_numpy() if name in frame else np.full(len(frame), np.nan)
            )
        self._spool.add(pa.record_batch([given[field.name] for field in SCHEMA], schema=SCHEMA))

    def write(self, progress: Progress, placer: Placer | None, day: date) -> None:
        """Write all tables; a meter without a date went in on `day`."""
        self._spool.end()
        customer, first_of_customer = self._numbered("customer_no")
        account, first_of_account = self._numbered("account_no")
        box, speaker = self._boxes()
        points, placed = np.arange(self.count), self._placed(speaker, placer)
        steps: list[Callable[[], object]] = [
            lambda: self._write_boxes(speaker, placed),
            lambda: self._write("customer", first_of_customer, CUSTOMER),
            lambda: self._write_phones(customer),
            lambda: self._write_cares(customer),
            lambda: self._write("account", first_of_account, ACCOUNT, customer_id=customer + 1),
            lambda: self._write(
                "meter_point", points, POINT, account_id=account + 1, box_id=box + 1, **_of_points(placed, box)
            ),
            lambda: self._write_installations(day),
        ]
        blocks = self._texts(first_of_account, first_of_customer[customer[first_of_account]])
        with FirstTexts(self.session, blocks) as texts, ExitStack() as stack:
            if self.count >= MANY:
                stack.enter_context(made_afterwards(self.session, *TEXT_TABLES, parents=TEXT_PARENTS))
            with self._unindexed(texts.go_on):
                for done, step in enumerate(steps):
                    progress(done, len(steps) + 2)
                    step()
                progress(len(steps), len(steps) + 2)
            texts.finish()
            progress(len(steps) + 1, len(steps) + 2)
        self._count_on()
        if placer is not None:
            placer.count_first(placed, box, account)
        progress(1, 1)

    def _unindexed(self, meanwhile: Callable[[], object]) -> AbstractContextManager[None]:
        if self.count < MANY:
            return nullcontext()
        return made_afterwards(self.session, *TABLES, parents=PARENTS, meanwhile=meanwhile)

    def _texts(self, of_address: Integers, of_name: Integers) -> Iterator[Texts]:
        """What the search index takes of all accounts, whose addresses and names stand in these rows."""
        addresses, names = self._spool.column("address"), self._spool.column("name")
        for block in range((len(of_address) >> BLOCK_BITS) + 1):
            ids = range(max(block << BLOCK_BITS, 1), min((block + 1) << BLOCK_BITS, len(of_address) + 1))
            part = slice(ids.start - 1, ids.stop - 1)
            yield Texts(ids, _strings(names, of_name[part]), _strings(addresses, of_address[part]))

    def _numbered(self, name: str) -> tuple[Integers, Integers]:
        """For each row the place of its number among the different ones, and for each of these its first row."""
        codes = _codes(self._spool.column(name))
        return codes, _first_rows(codes)

    def _boxes(self) -> tuple[Integers, Integers]:
        """For each row its box, and for each box the row that speaks for it: its first one that has a position."""
        codes = _codes(self._spool.column("box_no"))
        first = _first_rows(codes)
        located = np.flatnonzero(np.isfinite(self._spool.column("lon").to_numpy()))
        first[codes[located[::-1]]] = located[::-1]
        order = np.argsort(first)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return place[codes], first[order]

    def _chosen(self, rows: Integers, columns: list[str]) -> Iterator[tuple[slice, pa.RecordBatch]]:
        """Those of the rows, which are sorted, that lie in each block, and what they hold in these columns."""
        start = 0
        for block in self._spool.blocks(columns):
            among = slice(*np.searchsorted(rows, [start, start + block.num_rows]))
            yield among, block.take(pa.array(rows[among] - start))
            start += block.num_rows

    def _write(self, table: str, rows: Integers, columns: Mapping[str, str], **others: Any) -> None:
        """A table's rows: its `columns` by the name they have in the file, the `others` by row of the file."""
        for among, block in self._chosen(rows, list(columns.values())):
            values = {name: block.column(given) for name, given in columns.items()}
            values |= {name: _taken(array, rows[among]) for name, array in others.items()}
            staging.append(self.session, table, {"id": _ids(among)} | values)

    def _placed(self, speaker: Integers, placer: Placer | None) -> Placed:
        """Where the boxes belong, for each of which a row speaks."""
        if placer is None:
            return Placed.nowhere(len(speaker))
        area, lon, lat = (self._spool.column(name).take(pa.array(speaker)) for name in ("area_id", "lon", "lat"))
        return placer.place_first(area.fill_null(0).to_numpy().astype(np.int64), lon.to_numpy(), lat.to_numpy())

    def _write_boxes(self, speaker: Integers, placed: Placed) -> None:
        columns = ["box_no", "station_id", "area_id", "box_address", "lon", "lat"]
        for among, block in self._chosen(speaker, columns):
            places = staging.points(self.session, *(block.column(name).to_numpy() for name in ("lon", "lat")))
            values = {
                "id": _ids(among),
                "number": block.column("box_no"),
                "station_id": block.column("station_id"),
                "transformer_area_id": block.column("area_id"),
                "address": block.column("box_address"),
                "position": pa.array(places),
            }
            staging.append(
                self.session, "meter_box", values | {name: part[among] for name, part in placed._asdict().items()}
            )

    def _write_phones(self, customer: Integers) -> None:
        owner, number, rank = _parts(self._spool, "phones", customer)
        for start in range(0, len(owner), BLOCK):
            part = slice(start, start + BLOCK)
            values = {"customer_id": pa.array(owner[part] + 1), "number": number[part], "rank": pa.array(rank[part])}
            staging.append(self.session, "customer_phone", values)

    def _write_cares(self, customer: Integers) -> None:
        owner, kinds, _rank = _parts(self._spool, "care", customer)
        marks = [
            {"customer_id": one + 1, "kind": kind}
            for one, kind in zip(owner.tolist(), kinds.to_pylist(), strict=True)
            if kind != NO_CARE
        ]
        if marks:
            self.session.execute(insert(SpecialCare).values(noted_at=now()), marks)

    def _write_installations(self, day: date) -> None:
        start = 0
        for block in self._spool.blocks(["asset_no", "installed_on"]):
            given = block.column("asset_no").is_valid()
            points = pa.array(np.arange(start, start + block.num_rows) + 1)
            values = {
                "meter_point_id": points,
                "asset_no": block.column("asset_no"),
                "valid_from": pc.fill_null(block.column("installed_on"), day),
            }
            staging.append(
                self.session, "meter_installation", {name: array.filter(given) for name, array in values.items()}
            )
            start += block.num_rows

    def _count_on(self) -> None:
        """Later rows are to be numbered after these."""
        for table in ("customer", "account", "meter_box", "meter_point"):
            staging.count_on(self.session, table)


def _of_points(placed: Placed, box: Integers) -> dict[str, pa.Array]:
    """Cell, reason and cause of each row's box."""
    return {name: getattr(placed, name).take(pa.array(box)) for name in ("cell_id", "reason", "cause")}


def _strings(texts: pa.ChunkedArray, rows: Integers) -> list[str]:
    strings: list[str] = texts.take(pa.array(rows)).to_numpy().tolist()
    return strings


def _ids(places: slice) -> pa.Array:
    return pa.array(np.arange(places.start, places.stop) + 1)


def _texts(frame: pd.DataFrame, name: str) -> pa.Array:
    """A column as text; null where it is empty or absent."""
    if name not in frame:
        return pa.nulls(len(frame), pa.string())
    texts = pa.array(frame[name], pa.string(), from_pandas=True)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _days(frame: pd.DataFrame) -> pa.Array:
    if "installed_on" not in frame:
        return pa.nulls(len(frame), pa.date32())
    return pa.array(frame["installed_on"].astype(object), pa.date32(), from_pandas=True)


def _looked_up(codes: pa.Array, known: dict[str, int]) -> pa.Array:
    coded = codes.dictionary_encode()
    ids = pa.array([known.get(code) for code in coded.dictionary.to_pylist()], pa.int32())
    return ids.take(coded.indices)


def _codes(texts: pa.ChunkedArray) -> Integers:
    """The place of each text among the different ones, in the order of their first appearance."""
    coded = texts.dictionary_encode()  # the chunks share one dictionary
    return np.concatenate([np.empty(0, np.int64), *(chunk.indices.to_numpy() for chunk in coded.chunks)])


def _first_rows(codes: Integers) -> Integers:
    first = np.empty(codes.max(initial=-1) + 1, np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _taken(values: Any, rows: Integers) -> pa.Array:
    """The values at these rows."""
    return pa.array(values[rows]) if isinstance(values, np.ndarray) else values.take(pa.array(rows))


def _parts(spool: Spool, column: str, owner: Integers) -> tuple[Integers, pa.Array, Integers]:
    """Of a ";"-joined column each owner's different parts, in the order of the rows: whose, what, and its rank."""
    owners, texts, start = [np.empty(0, np.int64)], [pa.array([], pa.string())], 0
    for block in spool.blocks([column]):
        given = np.flatnonzero(block.column(0).is_valid())
        lists = pc.split_pattern(block.column(0).take(pa.array(given)), ";")
        owners.append(owner[start + given[pc.list_parent_indices(lists).to_numpy()]])
        texts.append(pc.list_flatten(lists))
        start += block.num_rows
    whose, parts = np.concatenate(owners), pa.concat_arrays(texts)
    order = np.argsort(whose, kind="stable")
    order = order[np.asarray(pc.not_equal(parts, ""), dtype=bool)[order]]
    whose, parts = whose[order], parts.take(pa.array(order))
    several = np.flatnonzero(np.bincount(whose)[whose] > 1)
    codes = _codes(pa.chunked_array([parts.take(pa.array(several))]))
    _keys, first = np.unique(whose[several] << 32 | codes, return_index=True)
    again = np.delete(several, first)
    whose, parts = np.delete(whose, again), parts.take(pa.array(np.delete(np.arange(len(parts)), again)))
    return whose, parts, np.arange(len(whose)) - np.searchsorted(whose, whose)
