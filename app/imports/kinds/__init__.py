"""What is checked and written for each kind of file."""

from app.imports.kinds.base import Importer, Result
from app.imports.kinds.registry import importer_for

__all__ = ["Importer", "Result", "importer_for"]
