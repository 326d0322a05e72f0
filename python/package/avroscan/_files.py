"""Opened files, for everything that takes Arrow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import _frames, _options, _scan
from ._metadata import FileMetadata
from ._readers import DEFAULT_BATCH_SIZE, BatchIterator

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from . import _native
    from ._native import ReadReport
    from ._options import (
        Columns,
        LeftoverBytes,
        Maps,
        Progress,
        ReaderSchema,
        ReadOptions,
        SchemaMode,
        SkipBudget,
    )
    from ._sources import FileSource
    from ._storage import CredentialProvider


class AvroFiles:
    """Opened files, which can be read again and again. :func:`open` makes it.

    It is an Arrow stream for whoever takes one (``__arrow_c_stream__``): pyarrow, DuckDB, pandas,
    Polars, DataFusion. Each stream is a reading of its own.
    """

    def __init__(self, files: _native.Files, source: FileSource, options: ReadOptions) -> None:
        self._files = files
        self._source = source
        self._options = options

    def __repr__(self) -> str:
        paths = self.paths
        more = f", .. {len(paths) - 1} more" if len(paths) > 1 else ""
        return f"AvroFiles([{paths[0]!r}{more}])"

    def __arrow_c_schema__(self) -> object:
        """The Arrow schema of the rows, as a PyCapsule."""
        return self._files.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A new reading of all rows as a PyCapsule, cast to the requested types where that can be."""
        return self._files.__arrow_c_stream__(requested_schema)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._files.columns

    @property
    def paths(self) -> list[str]:
        """The paths and URLs of the files, in the order in which they are read."""
        return self._files.locations

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
        """The schema of the frames of Polars."""
        return _frames.schema(self._files)

    @property
    def metadata(self) -> list[FileMetadata]:
        """What the header of each file says."""
        return [FileMetadata(*file) for file in self._files.metadata]

    @property
    def bytes_total(self) -> int:
        """Bytes of all files."""
        return self._files.bytes_total

    def count_rows(self) -> int:
        """The number of rows, from the headers of the blocks alone."""
        return self._files.count_rows()

    def batches(self) -> BatchIterator:
        """The rows as frames of Polars, one after the other."""
        batch_size = self._options.get("batch_size") or DEFAULT_BATCH_SIZE
        return BatchIterator(self._files, self._files.batches(), batch_size)

    def to_polars(self) -> pl.DataFrame:
        """All rows as a frame of Polars."""
        return _scan.data_frame(self._source, self._options)

    def lazy(self) -> pl.LazyFrame:
        """The same files as a ``LazyFrame`` of Polars, as :func:`scan_avro` makes it."""
        return _scan.lazy_frame(self._source, self._options)

    def to_arrow(self) -> pa.Table:
        """All rows as a table of pyarrow. Text and bytes have large offsets, not views: pyarrow does
        not compute with views yet."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_stream(_WithoutViews(self._files)).read_all()

    def to_pandas(self, **options: Any) -> pd.DataFrame:
        """All rows as a frame of pandas. The options are those of ``pyarrow.Table.to_pandas``."""
        return self.to_arrow().to_pandas(**options)


class _WithoutViews:
    """A stream with large offsets instead of views."""

    def __init__(self, files: _native.Files) -> None:
        self._files = files

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        del requested_schema
        return self._files.stream_without_views()


def open(  # noqa: A001
    source: FileSource,
    *,
    n_rows: int | None = None,
    row_index_name: str | None = None,
    row_index_offset: int = 0,
    glob: bool = True,
    include_file_paths: str | None = None,
    ignore_errors: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    buffer_blocks: int = 4,
    buffer_bytes: int = 64 * 1024 * 1024,
    read_chunk_size: int | None = None,
    batch_size: int | None = None,
    max_block_size: int | None = 512 * 1024 * 1024,
    columns: Columns = None,
    reader_schema: ReaderSchema = None,
    schema_mode: SchemaMode = "first",
    unroll: int = 0,
    hive_partitioning: bool | None = None,
    hive_schema: Mapping[str, Any] | None = None,
    try_parse_hive_dates: bool = True,
    maps: Maps = "map",
    workers: int | None = None,
    skip_budget: SkipBudget = None,
    leftover_bytes: LeftoverBytes = "error",
    credential_provider: CredentialProvider = "auto",
    progress: Progress = None,
    report: ReadReport | None = None,
) -> AvroFiles:
    """Opens Avro files for everything that takes Arrow: headers are read now, rows by who takes them.

    Parameters
    ----------
    source
        Where the rows are: a path, a ``pathlib.Path``, a pattern (``*``, ``**``, ``?``, ``[..]``,
        ``{a,b}``), a directory (every ``*.avro`` file below it), a URL (``file://``, ``s3://``,
        ``gs://``, ``az://``, ``abfs://``, ``http(s)://``), the bytes of a file, a binary file
        object (those of fsspec included), or a list of these. Files are read in this order, those of
        a pattern or directory sorted by path.
    n_rows
        Most rows to read, before any filter. Default: no limit.
    row_index_name, row_index_offset
        Name of a first column that numbers the rows through all files, and the number of the first.
        Default: no such column.
    glob
        Whether a name with a wildcard stands for the files that match, where there is none of
        exactly this name. Default: yes.
    include_file_paths
        Name of a last column with the path of each row's file. Default: none.
    ignore_errors
        Whether damaged blocks are left out, whole, and counted in `report`. Default: they are an
        error.
    storage_options
        Settings of the object store by name, for example ``aws_region``, ``aws_access_key_id``,
        ``endpoint``, ``max_attempts``. They win over the environment.
    buffer_blocks, buffer_bytes
        Blocks, and bytes, that are fetched ahead at most. Default: 4, 64 MiB. With 0 blocks, nothing
        is fetched before it is needed.
    read_chunk_size
        Accepted for the sake of jetliner's programs, without effect.
    batch_size
        Most rows that are decoded as one frame. Default: 100,000.
    max_block_size
        Most bytes of a block, as stored and decompressed. Default: 512 MiB; ``None``: no limit.
    columns
        Columns to read, by name, by the path of a nested field (``"user.email"`` reads ``user`` with
        that one field) or by number. Default: all.
    reader_schema
        An Avro schema, as JSON or as a dictionary, that the rows are read as. Default: that of the
        files, as `schema_mode` says.
    schema_mode
        ``"first"``: all files are read as the first one's schema. ``"union_by_name"``: the columns of
        all files, null where a file lacks one.
    unroll
        How many times more a type that contains itself is spelled out as columns before it becomes
        JSON text. Default: 0.
    hive_partitioning, hive_schema, try_parse_hive_dates
        Whether ``key=value`` directories become columns (default: if `source` is one directory),
        their Polars types (default: what the values look like), and whether they may be dates.
    maps
        ``"map"``: maps are Polars' ``Map``. ``"list"``: they are lists of structs of ``key`` and
        ``value``, as jetliner has them.
    workers
        Threads that decompress and decode. Default: one for each core.
    skip_budget
        Most damaged blocks to leave out before it is an error after all: a number of blocks, or a
        mapping of ``blocks``, ``bytes`` and ``fraction`` (of a file). Default: no limit.
    leftover_bytes
        ``"error"``: bytes after the last row of a block are damage. ``"ignore"``: they are passed
        over and counted in `report`; some writers left such.
    credential_provider
        ``"auto"``: Polars' own provider for the cloud of a URL, where no credentials are given.
        A callable gives a dictionary of storage options and when they expire. ``None``: the
        environment alone.
    progress
        Is called after each batch with the bytes that are done, and with all of them. Default: none.
    report
        A :class:`ReadReport` that counts what was left out. Default: none.

    Returns
    -------
    AvroFiles
        It has ``__arrow_c_stream__``, and can be read again and again.

    Raises
    ------
    FileNotFoundError
        If a file does not exist, or nothing matches a pattern.
    ParseError, SchemaError, CodecError
        If a file's header is not as the format says, or files do not fit together.
    ConfigurationError
        For an argument that cannot be, and for a column that does not exist.
    SourceError, PermissionError, AuthenticationError
        If reading fails.

    Examples
    --------
    >>> import avroscan
    >>> import duckdb
    >>> orders = avroscan.open("orders/*.avro")
    >>> duckdb.sql("SELECT count(*) FROM orders WHERE amount > 100").fetchall()
    """
    options: ReadOptions = {
        "n_rows": n_rows,
        "row_index_name": row_index_name,
        "row_index_offset": row_index_offset,
        "glob": glob,
        "include_file_paths": include_file_paths,
        "ignore_errors": ignore_errors,
        "storage_options": storage_options,
        "buffer_blocks": buffer_blocks,
        "buffer_bytes": buffer_bytes,
        "read_chunk_size": read_chunk_size,
        "batch_size": batch_size,
        "max_block_size": max_block_size,
        "columns": columns,
        "reader_schema": reader_schema,
        "schema_mode": schema_mode,
        "unroll": unroll,
        "hive_partitioning": hive_partitioning,
        "hive_schema": hive_schema,
        "try_parse_hive_dates": try_parse_hive_dates,
        "maps": maps,
        "workers": workers,
        "skip_budget": skip_budget,
        "leftover_bytes": leftover_bytes,
        "credential_provider": credential_provider,
        "progress": progress,
        "report": report,
    }
    return AvroFiles(_options.open_files(source, options), source, options)
