"""WGS 84 in degrees: the system in which cells and boundaries are held."""

import geopandas as gpd
import pyproj

WGS84 = pyproj.CRS.from_epsg(4326)
"""One object for all layers: to read the name anew costs more than the layer of a neighbourhood."""


def require_wgs84(layer: gpd.GeoSeries) -> None:
    """Refuse a layer of another system.

    Parameters
    ----------
    layer : GeoSeries, any CRS or none

    Raises
    ------
    ValueError
        The CRS is not EPSG:4326.

    Examples
    --------
    >>> require_wgs84(gpd.GeoSeries([], crs=WGS84))
    """
    if layer.crs is not WGS84 and (layer.crs is None or layer.crs.to_epsg() != 4326):
        raise ValueError(f"expected EPSG:4326, got {layer.crs}")
