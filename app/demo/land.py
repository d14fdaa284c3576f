"""Divide the city among its town seats and supply stations."""

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from app.demo import facts
from gis.adjacency import Neighbours, neighbours
from gis.metres import LocalPlane
from gis.noding import dissolve, faces

SITE_HOUSEHOLDS = 30_000
"""A seat with more households is served from several sites."""
SITE_DISTANCE_M = 1_800
SITE_NAMES = ("", "城东", "城南", "城西", "城北")
STATION_HOUSEHOLDS = 6_000
MOST_STATIONS = 60


@dataclass(frozen=True)
class Land:
    """The city in parts.

    `sites`: seat (position in `facts.seats`), county (code), name, x, y (metres in `plane`), households, station
    (position in `stations`). `stations`: code, name, county, households, boundary (EPSG:4326); they fill the counties
    and share every vertex of their borders. `towns` (s,): what belongs to each seat, EPSG:4326.
    """

    plane: LocalPlane
    sites: pd.DataFrame
    stations: gpd.GeoDataFrame
    towns: NDArray[np.object_]

    @cached_property
    def outline(self) -> shapely.Geometry:
        """The whole city."""
        return shapely.coverage_union_all(self.stations.geometry.to_numpy())


def divide(households: int) -> Land:
    """Stations for so many households: one or more in every county, at most one for every site."""
    plane = LocalPlane.around(shapely.union_all(facts.counties().geometry.to_numpy()))
    sites = _sites(plane, households)
    regions = _regions(plane, sites)
    near = neighbours(gpd.GeoSeries(regions, crs="EPSG:4326"))
    wanted = int(np.clip(round(households / STATION_HOUSEHOLDS), len(facts.counties()), MOST_STATIONS))
    sites["station"] = _merged(sites, near, wanted)
    return Land(plane, sites, _stations(sites, regions), dissolve(regions, sites["seat"].to_numpy()))


def _sites(plane: LocalPlane, households: int) -> pd.DataFrame:
    seats = facts.seats()
    share = np.cumsum(seats["size"]) / seats["size"].sum()
    seats = seats.assign(seat=seats.index, households=np.diff(np.round(share * households).astype(int), prepend=0))
    seats[["x", "y"]] = plane.to_metres(seats[["lon", "lat"]].to_numpy())
    number = np.clip(np.round(seats["households"] / SITE_HOUSEHOLDS).astype(int), 1, len(SITE_NAMES))
    sites = seats.loc[seats.index.repeat(number), ["seat", "county", "name", "x", "y", "households"]]
    rank = sites.groupby(level=0).cumcount().to_numpy()
    parts, whole = number.loc[sites.index].to_numpy(), sites["households"].to_numpy()
    sites["households"] = whole // parts + (rank < whole % parts)
    sites["name"] += np.array(SITE_NAMES, dtype=object)[rank]
    angle, distance = (rank - 1) * -np.pi / 2, np.where(rank > 0, SITE_DISTANCE_M, 0)
    sites["x"] += distance * np.cos(angle)
    sites["y"] += distance * np.sin(angle)
    return sites.reset_index(drop=True)


def _regions(plane: LocalPlane, sites: pd.DataFrame) -> NDArray[np.object_]:
    """What lies nearer to a site than to the others of its county; what is cut off from it joins a neighbour."""
    counties = facts.counties()
    outlines = counties.geometry.to_numpy()
    lines = [_borders(plane, sites[sites["county"] == code], outline) for code, outline in counties.geometry.items()]
    pieces = faces([*lines, *shapely.boundary(outlines)], shapely.union_all(outlines))
    inner = shapely.point_on_surface(pieces)
    county, piece = shapely.STRtree(inner).query(outlines, predicate="contains")
    owner = np.empty(len(pieces), dtype=int)
    for position, code in enumerate(counties.index):
        own = np.sort(piece[county == position])
        candidates = np.flatnonzero(sites["county"] == code)
        tree = shapely.STRtree(shapely.points(sites.loc[candidates, ["x", "y"]].to_numpy()))
        at = shapely.points(plane.to_metres(shapely.get_coordinates(inner[own])))
        owner[own] = candidates[tree.query_nearest(at, all_matches=False)[1]]
    return dissolve(pieces, _attached(pieces, owner, sites["county"].to_numpy()))


def _borders(plane: LocalPlane, sites: pd.DataFrame, outline: shapely.Geometry) -> shapely.Geometry:
    west, south, east, north = outline.bounds
    around = shapely.transform(shapely.box(west - 0.1, south - 0.1, east + 0.1, north + 0.1), plane.to_metres)
    points = shapely.multipoints(sites[["x", "y"]].to_numpy())
    lines = shapely.voronoi_polygons(points, extend_to=around, only_edges=True)
    return shapely.intersection(shapely.transform(lines, plane.to_degrees), outline)


def _attached(pieces: NDArray[np.object_], owner: NDArray[np.int64], county: NDArray[np.object_]) -> NDArray[np.int64]:
    """Give a piece that a bend of the county's border cuts off from its site to the one that it borders on most."""
    area = shapely.area(pieces)
    order = np.lexsort([-area, owner])
    main = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
    near = neighbours(gpd.GeoSeries(pieces, crs="EPSG:4326"))
    attached = owner.copy()
    for piece in np.setdiff1d(np.arange(len(pieces)), main):
        a, b = near.edges.T
        other = np.where(a == piece, b, np.where(b == piece, a, piece))
        bordering = (other != piece) & np.isin(other, main) & (county[owner[other]] == county[owner[piece]])
        if bordering.any():
            attached[piece] = owner[other[bordering][np.argmax(near.border_m[bordering])]]
    return attached


def _merged(sites: pd.DataFrame, near: Neighbours, wanted: int) -> NDArray[np.int64]:
    """Join the smallest station with its smallest neighbour in the county until so many are left."""
    county, households = sites["county"].to_numpy(), sites["households"].to_numpy()
    label = np.arange(len(sites))
    same = near.edges[county[near.edges[:, 0]] == county[near.edges[:, 1]]]
    while len(np.unique(label)) > wanted:
        size = np.bincount(label, weights=households, minlength=len(label))
        pairs = label[same]
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        smallest = pairs.ravel()[np.argmin(size[pairs.ravel()])]
        others = pairs[(pairs == smallest).any(axis=1)]
        others = others[others != smallest]
        label[label == smallest] = others[np.argmin(size[others])]
    return np.unique(label, return_inverse=True)[1]


def _stations(sites: pd.DataFrame, regions: NDArray[np.object_]) -> gpd.GeoDataFrame:
    counties = facts.counties()
    largest = sites.sort_values(["station", "households"], ascending=[True, False]).groupby("station").first()
    boundaries = dissolve(regions, sites["station"].to_numpy())
    stations = gpd.GeoDataFrame(
        {
            "name": largest["name"] + "供电所",
            "county": largest["county"],
            "households": sites.groupby("station")["households"].sum(),
        },
        geometry=[
            polygon if polygon.geom_type == "MultiPolygon" else shapely.MultiPolygon([polygon])
            for polygon in boundaries
        ],
        crs="EPSG:4326",
    )
    number = stations.groupby("county")["households"].rank(method="first", ascending=False).astype(int)
    stations["code"] = stations["county"].map(counties["letters"]) + number.map("{:02}".format)
    return stations.rename_geometry("boundary")
