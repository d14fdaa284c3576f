"""WGS 84, CGCS2000, the two Chinese offset systems, and metres.

GCJ-02 (AMap, Tencent) moves a WGS 84 position by 300-700 m; BD-09 (Baidu) moves a GCJ-02 position by another kilometre.
Neither has an official formula. The constants are the published ones that prcoords, eviltransform, coordtransform
and gcoord agree on to a tenth of a millimetre.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import geopandas
import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import CRSError

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]
Shift = Callable[[Floats, Floats], Pair]

CHINA_OUTLINE = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north of the rectangle inside which the offsets apply (that of eviltransform and prcoords)."""

_KRASOVSKY_A = 6378245.0
_KRASOVSKY_EE = 0.00669342162296594323
_BD_LON, _BD_LAT = 0.0065, 0.006
_BD_WAVE = np.pi * 3000.0 / 180.0

# Each round shrinks the error about 100 times: at most 0.15 m after two, 1.3 mm after three, 0.013 mm after four.
_INVERSE_ROUNDS = 4


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert WGS 84 positions to GCJ-02.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,) or scalar
        Degrees. Positions outside `CHINA_OUTLINE`, and those with a NaN, come back unchanged.

    Returns
    -------
    lon, lat : ndarray of float64
        New arrays of the broadcast shape, degrees; the inputs are untouched.

    Raises
    ------
    ValueError
        When the two shapes do not fit together.

    Notes
    -----
    Formula and constants as published by eviltransform and prcoords (Krasovsky 1940 ellipsoid).

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(116.404, 39.915)
    >>> round(float(lon), 6), round(float(lat), 6)
    (116.410244, 39.916404)
    """
    return _inside_china(_gcj02_forward, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert GCJ-02 positions to WGS 84, exact to well below a millimetre.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,) or scalar
        Degrees. Positions outside `CHINA_OUTLINE`, and those with a NaN, come back unchanged.

    Returns
    -------
    lon, lat : ndarray of float64
        New arrays of the broadcast shape, degrees.

    Raises
    ------
    ValueError
        When the two shapes do not fit together.

    Notes
    -----
    Fixed-point inverse of `wgs84_to_gcj02`. Whether a position is shifted is decided by the position as given, so a
    round trip is exact except within about a kilometre of the outline, where GCJ-02 itself is ambiguous; the
    outline lies in the sea and abroad.

    Examples
    --------
    >>> lon, lat = gcj02_to_wgs84(*wgs84_to_gcj02(114.4, 23.1))
    >>> round(float(lon), 9), round(float(lat), 9)
    (114.4, 23.1)
    """
    return _inside_china(_inverse_of(_gcj02_forward), lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert GCJ-02 positions to BD-09.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,) or scalar
        Degrees. Positions outside `CHINA_OUTLINE`, and those with a NaN, come back unchanged.

    Returns
    -------
    lon, lat : ndarray of float64
        New arrays of the broadcast shape, degrees.

    Raises
    ------
    ValueError
        When the two shapes do not fit together.

    Notes
    -----
    Formula and constants as published by coordtransform and prcoords.

    Examples
    --------
    >>> lon, lat = gcj02_to_bd09(116.404, 39.915)
    >>> round(float(lon), 6), round(float(lat), 6)
    (116.410369, 39.921337)
    """
    return _inside_china(_bd09_forward, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert BD-09 positions to GCJ-02, exact to well below a millimetre.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,) or scalar
        Degrees. Positions outside `CHINA_OUTLINE`, and those with a NaN, come back unchanged.

    Returns
    -------
    lon, lat : ndarray of float64
        New arrays of the broadcast shape, degrees.

    Raises
    ------
    ValueError
        When the two shapes do not fit together.

    Notes
    -----
    Fixed-point inverse of `gcj02_to_bd09`; the inverse that other projects print is one step of it, 0.5 m off.

    Examples
    --------
    >>> lon, lat = bd09_to_gcj02(*gcj02_to_bd09(114.4, 23.1))
    >>> round(float(lon), 9), round(float(lat), 9)
    (114.4, 23.1)
    """
    return _inside_china(_inverse_of(_bd09_forward), lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert WGS 84 positions to BD-09 (through GCJ-02, see there for shapes and errors)."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Convert BD-09 positions to WGS 84 (through GCJ-02, see there for shapes and errors)."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> Pair:
    """Convert positions of any coordinate system to WGS 84.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,) or scalar
        Degrees, or easting and northing in the unit of a projected `crs`; always in this order.
    crs : str
        "wgs84", "gcj02", "bd09" (in any case), "EPSG:n", or whatever else pyproj understands (the text of a .prj).
        EPSG:4490 (CGCS2000) counts as WGS 84, from which it differs by less than a metre.

    Returns
    -------
    lon, lat : ndarray of float64
        New arrays, degrees; NaN where `crs` has no such position.

    Raises
    ------
    ValueError
        When `crs` names no known coordinate system.

    Examples
    --------
    >>> lon, lat = to_wgs84([500000.0], [2500000.0], "EPSG:32650")
    >>> float(lon[0]), round(float(lat[0]), 4)
    (117.0, 22.6069)
    """
    return _converter_to_wgs84(crs)(_floats(lon), _floats(lat))


def geometry_to_wgs84(geometries: Any, crs: str) -> Any:
    """Convert geometries of any coordinate system to WGS 84, vertex by vertex.

    Parameters
    ----------
    geometries : GeoSeries or ndarray of shapely geometries, shape (n,)
        None and empty geometries pass through; a third dimension is dropped.
    crs : str
        As in `to_wgs84`. What a GeoSeries says of its own CRS is overruled: files in GCJ-02 claim to be EPSG:4326.

    Returns
    -------
    GeoSeries (same index and name, EPSG:4326) or ndarray, as it came

    Raises
    ------
    ValueError
        When `crs` names no known coordinate system.

    Examples
    --------
    >>> moved = geometry_to_wgs84(np.array([shapely.Point(116.410244, 39.916404)]), "gcj02")
    >>> shapely.get_x(moved).round(5)
    array([116.404])
    """
    convert = _converter_to_wgs84(crs)
    moved = shapely.transform(
        np.asarray(geometries, dtype=object), lambda xy: np.column_stack(convert(xy[:, 0], xy[:, 1]))
    )
    if isinstance(geometries, geopandas.GeoSeries):
        return geopandas.GeoSeries(moved, index=geometries.index, crs="EPSG:4326", name=geometries.name)
    return moved


def utm_crs(lon: ArrayLike, lat: ArrayLike) -> pyproj.CRS:
    """Choose the WGS 84 / UTM zone in whose middle reach the positions lie.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,) or scalar
        Degrees, WGS 84. The middle of the finite positions' extent decides; zones are the plain ones of six degrees.

    Returns
    -------
    pyproj.CRS

    Raises
    ------
    ValueError
        When no position is finite.

    Examples
    --------
    >>> utm_crs([114.2, 114.6], [22.9, 23.4]).to_epsg()
    32650
    """
    lon, lat = np.broadcast_arrays(_floats(lon), _floats(lat))
    finite = np.isfinite(lon) & np.isfinite(lat)
    if not finite.any():
        raise ValueError("no finite position to choose a UTM zone by")
    middle_lon = (lon[finite].min() + lon[finite].max()) / 2
    middle_lat = (lat[finite].min() + lat[finite].max()) / 2
    zone = int((middle_lon + 180) // 6) % 60 + 1
    return pyproj.CRS.from_epsg((32600 if middle_lat >= 0 else 32700) + zone)


def to_metres(lon: ArrayLike, lat: ArrayLike, crs: pyproj.CRS | None = None) -> Pair:
    """Project WGS 84 positions to metres.

    Parameters
    ----------
    lon, lat : array_like of float, shape (n,) or scalar
        Degrees, WGS 84.
    crs : pyproj.CRS, optional
        A metric CRS; by default `utm_crs` of these positions. Hand the same one to calls whose results are compared.

    Returns
    -------
    x, y : ndarray of float64
        New arrays, metres; NaN where a position is NaN or cannot be projected.

    Raises
    ------
    ValueError
        When `crs` is not given and no position is finite.

    Examples
    --------
    >>> x, y = to_metres([114.4, 114.401], [23.1, 23.1])
    >>> float((x[1] - x[0]).round())
    102.0
    """
    lon, lat = _floats(lon), _floats(lat)
    transformer = metre_transformer(crs if crs is not None else utm_crs(lon, lat))
    return _finite_or_nan(*transformer.transform(lon, lat))


@lru_cache(maxsize=64)
def metre_transformer(crs: pyproj.CRS) -> pyproj.Transformer:
    """Give the transformer from WGS 84 degrees (lon, lat) to `crs`, made once and kept."""
    return pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _finite_or_nan(x: ArrayLike, y: ArrayLike) -> Pair:
    x, y = _floats(x), _floats(y)
    missing = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(missing, np.nan, x), np.where(missing, np.nan, y)


def _unchanged(lon: Floats, lat: Floats) -> Pair:
    return lon.copy(), lat.copy()


@lru_cache(maxsize=64)
def _converter_to_wgs84(crs: str) -> Shift:
    named: dict[str, Shift] = {"wgs84": _unchanged, "gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
    if crs.lower() in named:
        return named[crs.lower()]
    try:
        source = pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        raise ValueError(f"unknown coordinate system {crs!r}: use wgs84, gcj02, bd09 or EPSG:n") from error
    if source.to_epsg() in (4326, 4490):
        return _unchanged
    transformer = pyproj.Transformer.from_crs(source, "EPSG:4326", always_xy=True)
    return lambda lon, lat: _finite_or_nan(*transformer.transform(lon, lat))


def _inside_china(shift: Shift, lon: ArrayLike, lat: ArrayLike) -> Pair:
    # Only what lies inside is computed: NaN and infinity never reach a sine.
    lon, lat = (values.copy() for values in np.broadcast_arrays(_floats(lon), _floats(lat)))
    west, south, east, north = CHINA_OUTLINE
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    lon[inside], lat[inside] = shift(lon[inside], lat[inside])
    return lon, lat


def _inverse_of(forward: Shift) -> Shift:
    def inverse(lon: Floats, lat: Floats) -> Pair:
        guess_lon, guess_lat = lon, lat
        for _ in range(_INVERSE_ROUNDS):
            there_lon, there_lat = forward(guess_lon, guess_lat)
            guess_lon, guess_lat = guess_lon - (there_lon - lon), guess_lat - (there_lat - lat)
        return guess_lon, guess_lat

    return inverse


def _gcj02_forward(lon: Floats, lat: Floats) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    root_x, xy = np.sqrt(np.abs(x)), x * y
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * xy + 0.2 * root_x + ripple * 2.0 / 3.0
    north += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * xy + 0.1 * root_x + ripple * 2.0 / 3.0
    east += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _KRASOVSKY_EE * np.sin(phi) ** 2
    meridian = _KRASOVSKY_A * (1.0 - _KRASOVSKY_EE) / (magic * np.sqrt(magic))
    parallel = _KRASOVSKY_A / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)


def _bd09_forward(lon: Floats, lat: Floats) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_WAVE)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT
