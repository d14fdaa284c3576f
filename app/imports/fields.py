"""What each kind of file may hold, and the names under which utilities' systems export it."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _


@dataclass(frozen=True)
class Field:
    """One thing that a column can hold; `aliases` in the order in which they are preferred."""

    name: str
    label: Any
    aliases: tuple[str, ...]
    required: bool


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    name: str
    label: Any
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(field for field in self.fields if field.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all fields."""
        return tuple(field.name for field in self.fields)


def _read_aliases() -> dict[tuple[str, str], tuple[str, ...]]:
    with Path(__file__).with_name("aliases.csv").open(encoding="utf-8") as file:
        return {(row["kind"], row["field"]): tuple(row["aliases"].split()) for row in csv.DictReader(file)}


_ALIASES = _read_aliases()


def _kind(name: str, label: Any, labels: dict[str, Any], required: Iterable[str]) -> Kind:
    fields = [Field(key, said, (key, *_ALIASES[name, key]), key in required) for key, said in labels.items()]
    return Kind(name, label, tuple(fields))


STATIONS = _kind(
    "stations",
    _("Stations and districts"),
    {
        "code": _("Code"),
        "name": _("Name"),
        "parent": _("Belongs to"),
        "kind": _("Kind of unit"),
        "supervision_phone": _("Supervision phone"),
        "geometry": _("Shape"),
    },
    required=("code",),
)
AREAS = _kind(
    "transformer-areas",
    _("Transformer areas"),
    {
        "code": _("Code"),
        "name": _("Name"),
        "station": _("Supply station"),
        "feeder": _("Feeder's code"),
        "feeder_name": _("Feeder's name"),
    },
    required=("code",),
)
MANAGERS = _kind(
    "managers",
    _("Customer managers"),
    {
        "code": _("Code"),
        "name": _("Name"),
        "station": _("Supply station"),
        "work_phone": _("Work phone"),
        "backup": _("Backup manager"),
        "supervision_phone": _("Supervision phone"),
        "target": _("Target of households"),
        "left_on": _("First day away"),
    },
    required=(
        "code",
        "name",
        "station",
    ),
)
CELLS = _kind(
    "cells",
    _("Grid cells"),
    {
        "code": _("Code"),
        "name": _("Name"),
        "station": _("Supply station"),
        "geometry": _("Shape"),
    },
    required=("code",),
)
CUSTOMERS = _kind(
    "customers",
    _("Customers and meter boxes"),
    {
        "account_no": _("Account number"),
        "customer_no": _("Customer number"),
        "name": _("Customer's name"),
        "kind": _("Kind of customer"),
        "phones": _("Phones"),
        "more_phones": _("More phones"),
        "address": _("Supply address"),
        "meter_point_no": _("Metering point number"),
        "asset_no": _("Meter's asset number"),
        "installed_on": _("Meter installed on"),
        "box_no": _("Meter box number"),
        "box_address": _("Place of the meter box"),
        "station": _("Supply station"),
        "area": _("Transformer area"),
        "lon": _("Longitude"),
        "lat": _("Latitude"),
        "care": _("Special care"),
    },
    required=("account_no",),
)
OWNERSHIP = _kind(
    "ownership",
    _("Who answers for which cell"),
    {
        "cell": _("Grid cell"),
        "manager": _("Customer manager"),
        "valid_from": _("From"),
        "valid_to": _("To (last day)"),
    },
    required=(
        "cell",
        "valid_from",
    ),
)

KINDS = {kind.name: kind for kind in (STATIONS, AREAS, MANAGERS, CELLS, CUSTOMERS, OWNERSHIP)}
"""In the order in which a new installation imports them."""
