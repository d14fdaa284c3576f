"""Files as headings and blocks of rows, whatever their format."""

from app.imports.readers.open import open_table
from app.imports.readers.table import Block, Table

__all__ = ["Block", "Table", "open_table"]
