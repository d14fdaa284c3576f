"""Checked rows on their way into the register."""

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import staging
from app.customers.bulk.tables import staged, staged_care, staged_phone
from app.customers.initials import initials_of
from app.organisation.models import OrganisationUnit, TransformerArea

COLUMNS = (
    "account_no", "customer_no", "name", "kind", "phones", "address", "meter_point_no", "asset_no", "installed_on",
    "box_no", "box_address", "station", "area", "lon", "lat", "care",
)  # fmt: skip

WITHOUT_POSITION = 1 << 40
"""Added to the rank of a row without position, so that a located row speaks for its box."""


class Stage:
    """Puts blocks of rows beside the register, with the ids of their stations and areas."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.count = 0
        stations = session.execute(select(OrganisationUnit.code, OrganisationUnit.id))
        self._stations = dict(stations.all())
        areas = session.execute(select(TransformerArea.code, TransformerArea.id, TransformerArea.station_id)).all()
        self._areas = {code: area for code, area, _station in areas}
        self._station_of_area = {code: station for code, _area, station in areas}

    def add(self, frame: pd.DataFrame) -> None:
        """Append a block with the columns of `COLUMNS`; absent columns count as empty."""
        block = frame.reindex(columns=list(COLUMNS)).reset_index(drop=True)
        lon, lat = block.pop("lon").astype(float), block.pop("lat").astype(float)
        block = block.astype(object).where(block.notna() & block.ne(""), None)
        block["row"] = np.arange(self.count, self.count + len(block))
        self.count += len(block)
        staging.fill(self.session, staged, self._rows(block, lon, lat))
        self._add_lists(block)

    def _rows(self, block: pd.DataFrame, lon: pd.Series, lat: pd.Series) -> pd.DataFrame:
        rows = block.rename(columns={"meter_point_no": "point_no"})
        named = block["name"].notna()
        rows["initials"] = None
        rows.loc[named, "initials"] = initials_of(block.loc[named, "name"])
        rows["installed_on"] = block["installed_on"].map(lambda day: day.isoformat(), na_action="ignore")
        rows["area_id"] = block["area"].map(self._areas).astype("Int64")
        of_area = block["area"].map(self._station_of_area).astype("Int64")
        rows["station_id"] = block["station"].map(self._stations).astype("Int64").fillna(of_area)
        rows["position"] = staging.points(self.session, lon.to_numpy(), lat.to_numpy())
        rows["box_rank"] = block["row"] + np.where(rows["position"].isna(), WITHOUT_POSITION, 0)
        rows["box_address"] = block["box_address"].where(
            block["box_address"].notna() | block["box_no"].notna(), block["address"]
        )
        return rows

    def _add_lists(self, block: pd.DataFrame) -> None:
        phones = _parts(block, "phones", "number")
        phones["rank"] = phones.groupby("row").cumcount()
        staging.fill(self.session, staged_phone, phones)
        staging.fill(self.session, staged_care, _parts(block, "care", "kind"))


def _parts(block: pd.DataFrame, column: str, name: str) -> pd.DataFrame:
    """One row for each different part of a ";"-joined column."""
    given = block.loc[block[column].notna(), ["row", column]]
    parts = given.assign(**{name: given[column].astype(str).str.split(";")}).explode(name)[["row", name]]
    return parts[parts[name].ne("")].drop_duplicates()
