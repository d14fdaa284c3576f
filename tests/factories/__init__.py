"""Things for tests, one call each; every call makes another."""

from tests.factories.customers import make_account, make_box, make_customer, make_meter_point
from tests.factories.grid import make_cell, make_manager, own, square
from tests.factories.organisation import make_area, make_feeder, make_station
from tests.factories.plans import make_plan, make_row_of_cells

__all__ = [
    "make_account",
    "make_area",
    "make_box",
    "make_cell",
    "make_customer",
    "make_feeder",
    "make_manager",
    "make_meter_point",
    "make_plan",
    "make_row_of_cells",
    "make_station",
    "own",
    "square",
]
