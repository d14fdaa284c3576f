"""One geometry column type for both databases, and a bulk way to read it."""

from typing import Any

import shapely
from geoalchemy2 import Geometry as PostgisGeometry
from geoalchemy2 import WKBElement
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

WGS84 = 4326


class Geometry(TypeDecorator[shapely.Geometry]):
    """WGS 84 geometry: a real PostGIS column there, WKB on SQLite, shapely objects in Python."""

    impl = PostgisGeometry
    cache_ok = True

    def __init__(self, geometry_type: str) -> None:
        super().__init__(geometry_type=geometry_type, srid=WGS84, spatial_index=False)

    def load_dialect_impl(self, dialect: Dialect | None) -> Any:
        """The column's own type; GeoAlchemy2 also asks without a dialect."""
        if dialect is not None and dialect.name == "sqlite":
            return dialect.type_descriptor(LargeBinary())
        return self.impl_instance

    def process_bind_param(self, value: shapely.Geometry | None, dialect: Dialect) -> Any:
        """Shapely to what the driver takes."""
        if value is None:
            return None
        wkb = shapely.to_wkb(value)
        return wkb if dialect.name == "sqlite" else WKBElement(wkb, srid=WGS84)

    def process_result_value(self, value: Any, dialect: Dialect) -> shapely.Geometry | None:
        """What the driver gives to shapely."""
        if value is None:
            return None
        return shapely.from_wkb(value if isinstance(value, bytes) else bytes(value.data))


class as_wkb(FunctionElement[bytes]):  # noqa: N801 - reads as a function in queries
    """A geometry column as plain WKB bytes, for reading many rows at once with shapely.from_wkb."""

    type = LargeBinary()
    inherit_cache = True


@compiles(as_wkb)
def _as_wkb(element: Any, compiler: SQLCompiler, **kwargs: Any) -> str:
    return f"ST_AsBinary({compiler.process(element.clauses, **kwargs)})"


@compiles(as_wkb, "sqlite")
def _as_wkb_sqlite(element: Any, compiler: SQLCompiler, **kwargs: Any) -> str:
    return compiler.process(element.clauses, **kwargs)
