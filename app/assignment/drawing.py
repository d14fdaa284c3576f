"""What was drawn on a map, as text: GeoJSON or WKT."""

import shapely
from flask_babel import gettext as _

from app.core.errors import DomainError


def line_from(text: str) -> shapely.LineString:
    """A line; anything else is refused."""
    return _drawn(text, ("LineString",))


def shape_from(text: str) -> shapely.Geometry:
    """A polygon or multipolygon; anything else is refused."""
    return _drawn(text, ("Polygon", "MultiPolygon"))


def _drawn(text: str, kinds: tuple[str, ...]) -> shapely.Geometry:
    try:
        read = shapely.from_geojson if text.lstrip().startswith("{") else shapely.from_wkt
        geometry = read(text)
    except shapely.GEOSException:
        geometry = None
    if geometry is None or geometry.geom_type not in kinds:
        raise DomainError(_("The drawing could not be read: it must be one line or polygon. Draw it again."))
    return geometry
