"""Whether a file's boxes stand where the register knows them, or their neighbours, to stand."""

from collections.abc import Iterator
from typing import Any

from app.customers.bulk import Places
from gis.crs_by_places import SYSTEMS, crs_by_neighbours, crs_by_same_places


def unlike_register(places: Places, crs: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Warn when the file, read as `crs`, fits the stored positions clearly better in another coordinate system.

    Boxes that are known themselves speak before the neighbours of new ones. Somebody who has chosen GCJ-02 or BD-09
    may well be mending an import that was read as WGS 84, so that is said otherwise.
    """
    claimed = crs.lower() if crs.lower() in SYSTEMS else "wgs84"
    guess = crs_by_same_places(places.boxes.given, places.boxes.stored, claimed)
    if guess.best is None:
        guess = crs_by_neighbours(places.areas.given, places.areas.stored, claimed)
    if guess.best not in (None, claimed):
        code = "wrong_crs_of_boxes" if claimed == "wgs84" else "crs_of_boxes_changed"
        yield code, {"crs": guess.best, "metres": round(guess.claimed_distance_m), "option": f"--crs {guess.best}"}
