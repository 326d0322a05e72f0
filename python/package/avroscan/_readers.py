"""Iterators of frames."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _frames, _options, _sources
from ._metadata import FileMetadata

if TYPE_CHECKING:
    from types import TracebackType

    import polars as pl
    from typing_extensions import Self

    from . import _native
    from ._bad_block import BadBlockError
    from ._sources import FileSource, Source

DEFAULT_BATCH_SIZE = 100_000


class BatchIterator(Iterator["pl.DataFrame"]):
    """Frames, one after the other, read ahead by all cores while you work on one.

    It is its own iterator and context manager. Leaving the ``with`` block stops the reading;
    counters and the schema stay. Several threads may share one: each frame goes to one of them.
    """

    def __init__(self, files: _native.Files, batches: _native.Batches, batch_size: int) -> None:
        self._files = files
        self._batches = batches
        self._batch_size = batch_size
        self._schema: pl.Schema | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> pl.DataFrame:
        """The next frame, of at most `batch_size` rows.

        Raises
        ------
        StopIteration
            After the last one, and after the ``with`` block.
        AvroscanError
            Where a file is not as the format says, after all rows before that place.
        """
        batch = self._batches.next()
        if batch is None:
            raise StopIteration
        return _frames.frame(batch, self.polars_schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool:
        self.close()
        return False

    def close(self) -> None:
        """Stops the reading. Counters and the schema stay."""
        self._batches.close()

    @property
    def schema(self) -> str:
        """The first file's Avro schema as JSON, exactly as it is in the file."""
        return self._files.schema_json

    @property
    def schema_dict(self) -> dict[str, Any]:
        """The first file's Avro schema as a dictionary; a schema that is a name is one with ``type``."""
        schema = json.loads(self._files.schema_json)
        return schema if isinstance(schema, dict) else {"type": schema}

    @property
    def polars_schema(self) -> pl.Schema:
        """The schema of the frames."""
        if self._schema is None:
            self._schema = _frames.schema(self._files)
        return self._schema

    @property
    def metadata(self) -> dict[str, bytes]:
        """The first file's metadata: what its writer put beside the rows."""
        return FileMetadata(*self._files.metadata[0]).as_dict()

    @property
    def codec(self) -> str:
        """How the first file is compressed: ``"null"``, ``"deflate"``, ``"snappy"``, .."""
        return self._files.metadata[0][1]

    @property
    def batch_size(self) -> int:
        """Most rows of a frame."""
        return self._batch_size

    @property
    def rows_read(self) -> int:
        """Rows that were handed out."""
        return self._batches.rows_read

    @property
    def pending_records(self) -> int:
        """Rows that are decoded and wait for more to fill a frame: always 0."""
        return 0

    @property
    def is_finished(self) -> bool:
        """Whether there are no more frames."""
        return self._batches.is_finished

    @property
    def bytes_done(self) -> int:
        """Bytes of the files that are dealt with, for progress."""
        return self._batches.bytes_done

    @property
    def bytes_total(self) -> int:
        """Bytes of all files."""
        return self._batches.bytes_total

    @property
    def errors(self) -> list[BadBlockError]:
        """The damaged blocks that were left out so far, the first 1,000 of them."""
        return self._batches.errors

    @property
    def error_count(self) -> int:
        """Number of damaged blocks that were left out so far."""
        return self._batches.error_count

    @property
    def report(self) -> _native.ReadReport:
        """What was left out so far, with the bytes and rows of it."""
        return self._batches.report


class AvroReader(BatchIterator):
    """Reads a file as frames of Polars, one after the other.

    Parameters
    ----------
    path
        The file: a path, a URL, bytes or a binary file object.
    batch_size
        Most rows of a frame. Default: 100,000. A frame has fewer where a block of the file ends.
    buffer_blocks
        Blocks that are fetched ahead. Default: 4. With 0, nothing is.
    buffer_bytes
        Most bytes that are fetched ahead. Default: 64 MiB.
    ignore_errors
        Whether damaged blocks are left out and listed in `errors`. Default: they are an error.
    projected_columns
        Columns to read, by name or by the path of a nested field (``"user.email"``). Default: all.
    storage_options
        Settings of the object store, as :func:`scan_avro` has them.
    read_chunk_size
        Accepted for the sake of jetliner's programs, without effect.
    max_block_size
        Most bytes of a block, as stored and decompressed. Default: 512 MiB; ``None``: no limit.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ParseError, SchemaError, CodecError
        If the file's header is not as the format says.
    ConfigurationError
        For an argument that cannot be.

    Examples
    --------
    >>> with avroscan.AvroReader("orders.avro", batch_size=10_000) as reader:
    ...     total = sum(batch["amount"].sum() for batch in reader)
    """

    def __init__(
        self,
        path: Source,
        *,
        batch_size: int = DEFAULT_BATCH_SIZE,
        buffer_blocks: int = 4,
        buffer_bytes: int = 64 * 1024 * 1024,
        ignore_errors: bool = False,
        projected_columns: Sequence[str] | None = None,
        storage_options: Mapping[str, Any] | None = None,
        read_chunk_size: int | None = None,
        max_block_size: int | None = 512 * 1024 * 1024,
    ) -> None:
        files = _options.open_files(
            _sources.single(path),
            {
                "batch_size": batch_size,
                "buffer_blocks": buffer_blocks,
                "buffer_bytes": buffer_bytes,
                "ignore_errors": ignore_errors,
                "columns": projected_columns,
                "storage_options": storage_options,
                "read_chunk_size": read_chunk_size,
                "max_block_size": max_block_size,
            },
        )
        super().__init__(files, files.batches(), batch_size)

    def __repr__(self) -> str:
        return f"AvroReader({self._files.locations[0]!r}, rows_read={self.rows_read})"


class MultiAvroReader(BatchIterator):
    """Reads several files as frames of Polars, one file after the other.

    The first file's schema is that of all: the others are resolved to it. No frame has rows of two
    files.

    Parameters
    ----------
    paths
        The files, in this order. Patterns and directories stand for the files that they name.
    n_rows
        Most rows of all files together. Default: no limit.
    row_index_name
        Name of a first column that numbers the rows through all files. Default: none.
    row_index_offset
        The number of the first row. Default: 0.
    include_file_paths
        Name of a last column with the path of each row's file. Default: none.
    batch_size, buffer_blocks, buffer_bytes, ignore_errors, projected_columns, storage_options, \
read_chunk_size, max_block_size
        As :class:`AvroReader` has them.

    Raises
    ------
    ConfigurationError
        If there are no files.
    AvroscanError
        As :class:`AvroReader` has them.

    Examples
    --------
    >>> with avroscan.MultiAvroReader(["a.avro", "b.avro"], row_index_name="row") as reader:
    ...     for batch in reader:
    ...         print(reader.current_source_index, batch.height)
    """

    def __init__(
        self,
        paths: FileSource,
        *,
        batch_size: int = DEFAULT_BATCH_SIZE,
        buffer_blocks: int = 4,
        buffer_bytes: int = 64 * 1024 * 1024,
        ignore_errors: bool = False,
        projected_columns: Sequence[str] | None = None,
        n_rows: int | None = None,
        row_index_name: str | None = None,
        row_index_offset: int = 0,
        include_file_paths: str | None = None,
        storage_options: Mapping[str, Any] | None = None,
        read_chunk_size: int | None = None,
        max_block_size: int | None = 512 * 1024 * 1024,
    ) -> None:
        files = _options.open_files(
            paths,
            {
                "batch_size": batch_size,
                "buffer_blocks": buffer_blocks,
                "buffer_bytes": buffer_bytes,
                "ignore_errors": ignore_errors,
                "columns": projected_columns,
                "n_rows": n_rows,
                "row_index_name": row_index_name,
                "row_index_offset": row_index_offset,
                "include_file_paths": include_file_paths,
                "storage_options": storage_options,
                "read_chunk_size": read_chunk_size,
                "max_block_size": max_block_size,
            },
        )
        super().__init__(files, files.batches(by_file=True), batch_size)

    @property
    def total_sources(self) -> int:
        """Number of files."""
        return len(self._files.locations)

    @property
    def current_source_index(self) -> int:
        """Number of the file that is being read, from 0."""
        return self._batches.current_source_index

    def __repr__(self) -> str:
        return f"MultiAvroReader({self.total_sources} files, rows_read={self.rows_read})"
