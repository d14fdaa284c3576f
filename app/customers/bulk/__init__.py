"""Customers, accounts, boxes, metering points and meters, written as sets."""

from app.customers.bulk.places import Places
from app.customers.bulk.placing import Placed
from app.customers.bulk.stage import COLUMNS
from app.customers.bulk.store import Stored, store

__all__ = ["COLUMNS", "Placed", "Places", "Stored", "store"]
