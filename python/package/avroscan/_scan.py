"""The functions for Polars."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from . import _frames, _options
from ._metadata import FileMetadata

if TYPE_CHECKING:
    import polars as pl

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

BATCH_SIZE_IN_QUERIES = 32_768
"""Rows of a frame inside of a query: what Polars' sinks take fastest."""

SECONDS_BETWEEN_FRAMES = 0.2
"""Polars looks for Ctrl-C when it gets a frame. One without rows comes where none does."""


def scan_avro(
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
) -> pl.LazyFrame:
    """Avro files as a ``LazyFrame``: headers are read now, rows when the query runs.

    Columns that the query does not use are skipped. The simple parts of a filter (comparisons with a
    literal, ``is_null``, ``is_in``, ``is_between``, ``str.starts_with``, boolean columns, also of
    struct fields, and what ``&``, ``|`` and ``~`` make of them) decide which rows are decoded at all.
    A limit ends the reading.

    Polars prunes no fields of structs in a scan: name them in `columns` (``["id", "user.email"]``).

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
        Most rows that are decoded as one frame. Default: 32,768.
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
    polars.LazyFrame
        It can be pickled if the source is not a file object.

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
    >>> import polars as pl
    >>> query = avroscan.scan_avro("orders/*.avro").filter(pl.col("amount") > 100).select("id")
    >>> frame = query.collect()
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
    return lazy_frame(source, options)


def read_avro(
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
) -> pl.DataFrame:
    """Avro files as a ``DataFrame``.

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
    polars.DataFrame
        All rows, in the order of the files.

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
    DecodeError
        If the values of a block are not what the schema says.

    Examples
    --------
    >>> import avroscan
    >>> frame = avroscan.read_avro("orders.avro", columns=["id", "customer.email"], n_rows=1000)
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
    return data_frame(source, options)


def read_avro_schema(
    source: FileSource, *, storage_options: Mapping[str, Any] | None = None
) -> pl.Schema:
    """The schema of the frame that :func:`scan_avro` makes of the same source. Reads the headers.

    Parameters
    ----------
    source, storage_options
        As :func:`scan_avro` has them.

    Raises
    ------
    AvroscanError
        As :func:`scan_avro` does.

    Examples
    --------
    >>> avroscan.read_avro_schema("orders.avro").names()
    ['id', 'amount']
    """
    files = _options.open_files(source, {"storage_options": storage_options})
    return _frames.schema(files)


def read_avro_metadata(
    source: FileSource, *, storage_options: Mapping[str, Any] | None = None
) -> list[FileMetadata]:
    """What the header of each file says: path, codec, schema, metadata. Reads the headers only.

    Parameters
    ----------
    source, storage_options
        As :func:`scan_avro` has them.

    Raises
    ------
    AvroscanError
        As :func:`scan_avro` does.

    Examples
    --------
    >>> for file in avroscan.read_avro_metadata("orders/*.avro"):
    ...     print(file.file, file.codec, file.as_dict().keys())
    """
    files = _options.open_files(source, {"storage_options": storage_options})
    return [FileMetadata(*file) for file in files.metadata]


def count_rows(source: FileSource, *, storage_options: Mapping[str, Any] | None = None) -> int:
    """The number of rows, from the headers of the blocks alone: nothing is decompressed.

    Parameters
    ----------
    source, storage_options
        As :func:`scan_avro` has them.

    Raises
    ------
    AvroscanError
        As :func:`scan_avro` does, and if a block's header is not as the format says.

    Examples
    --------
    >>> avroscan.count_rows("orders/*.avro")
    12000
    """
    files = _options.open_files(source, {"storage_options": storage_options})
    return files.count_rows()


def lazy_frame(source: FileSource, options: ReadOptions) -> pl.LazyFrame:
    """The scan as a plan of Polars."""
    from polars.io.plugins import register_io_source

    scan = AvroScan(source, options)
    known = inspect.signature(register_io_source).parameters
    arguments: dict[str, Any] = {
        "is_pure": True,
        "validate_schema": True,
        "explain_name": "AVRO",
    }
    arguments = {name: value for name, value in arguments.items() if name in known}
    schema = _frames.schema(_options.open_files(source, options))
    return register_io_source(scan, schema=schema, **arguments)


def data_frame(source: FileSource, options: ReadOptions) -> pl.DataFrame:
    """All rows as one frame."""
    import polars as pl

    files = _options.open_files(source, options)
    schema = _frames.schema(files)
    frames = list(_frames.frames(files.batches(), schema))
    if not frames:
        return _frames.frame(files.empty())
    return frames[0] if len(frames) == 1 else pl.concat(frames, rechunk=False)


class AvroScan:
    """What Polars calls to get rows.

    It holds names and options and no open file, so that it can be pickled, and each run of a query
    reads the files as they are then.
    """

    def __init__(self, source: FileSource, options: ReadOptions) -> None:
        self.source = source
        self.options = options

    def __call__(
        self,
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,
    ) -> Iterator[pl.DataFrame]:
        """Frames of these columns, with the rows that the predicate keeps of the first `n_rows`."""
        files = _options.open_files(self.source, self.options)
        rows = self.options.get("batch_size")
        if rows is None:
            rows = min(batch_size or BATCH_SIZE_IN_QUERIES, BATCH_SIZE_IN_QUERIES)
        batches = files.batches(
            columns=with_columns,
            predicate=None if predicate is None else _json(predicate),
            n_rows=n_rows,
            batch_size=rows,
        )
        sample = _frames.frame(files.empty())
        names = sample.columns if with_columns is None else with_columns
        empty = sample.select(names)
        yield empty
        while True:
            try:
                batch = batches.next(timeout=SECONDS_BETWEEN_FRAMES)
            except TimeoutError:
                yield empty
                continue
            if batch is None:
                return
            frame = _frames.frame(batch, sample.schema)
            kept = frame if predicate is None else frame.filter(predicate)
            if kept.height > 0:
                yield kept


def _json(predicate: pl.Expr) -> str | None:
    """The expression as JSON, if it can be: one with a function of Python in it cannot."""
    try:
        return predicate.meta.serialize(format="json")
    except Exception:  # noqa: BLE001
        # The whole predicate is applied to the frames in any case.
        return None
