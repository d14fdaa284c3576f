"""Which class imports which kind of file."""

from app.imports.kinds.base import Importer
from app.imports.kinds.cells import CellImporter
from app.imports.kinds.customers import CustomerImporter
from app.imports.kinds.managers import ManagerImporter, OwnershipImporter
from app.imports.kinds.organisation import AreaImporter, UnitImporter

_IMPORTERS: tuple[type[Importer], ...] = (
    UnitImporter,
    AreaImporter,
    ManagerImporter,
    CellImporter,
    CustomerImporter,
    OwnershipImporter,
)


def importer_for(kind: str) -> type[Importer]:
    """The importer of a kind of file, by the kind's name."""
    return next(importer for importer in _IMPORTERS if importer.kind.name == kind)
