"""Rows that wait on the disk, column by column, so that memory does not grow with them."""

import tempfile
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.ipc


class Spool:
    """Takes tables of one schema and gives them back, as often as asked, with the columns asked for.

    The file has no name: it is gone with the process, however that ends, and at the latest with `close`.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the spool
        self._writer = pa.ipc.new_file(self._file, schema)
        self.schema = schema
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Append a block."""
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    def end(self) -> None:
        """Nothing more comes: from now on it can be read."""
        self._writer.close()
        self._file.flush()

    def close(self) -> None:
        """Give the disk back."""
        self._file.close()

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The blocks in their order, with these columns alone."""
        fields = sorted(self.schema.get_field_index(name) for name in columns)
        self._file.seek(0)
        reader = pa.ipc.open_file(self._file, options=pa.ipc.IpcReadOptions(included_fields=fields))
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column of all rows, copied: a column of a block that was read keeps the whole block in memory."""
        chunks = (pa.concat_arrays([block.column(0), block.column(0)[:0]]) for block in self.blocks([name]))
        return pa.chunked_array(chunks, self.schema.field(name).type)
