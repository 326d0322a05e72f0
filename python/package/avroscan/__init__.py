"""Reads Apache Avro object container files into Polars and Arrow, block by block.

=======================  ===========================================================================
:func:`scan_avro`        a ``LazyFrame``: columns, filters and limits are pushed into the reading
:func:`read_avro`        a ``DataFrame``
:func:`open`             an Arrow stream for DuckDB, pyarrow, pandas, ..
:class:`AvroReader`      an iterator of frames in constant memory, of one file
:class:`MultiAvroReader` the same of several files
:func:`count_rows`       the number of rows, from block headers alone
=======================  ===========================================================================

Reading is strict: rows are complete and right, or there is an :class:`AvroscanError` that says where.
"""

from ._bad_block import BadBlockError
from ._files import AvroFiles, open
from ._metadata import FileMetadata
from ._native import ReadReport, __version__
from ._readers import AvroReader, BatchIterator, MultiAvroReader
from ._scan import count_rows, read_avro, read_avro_metadata, read_avro_schema, scan_avro
from ._sources import FileSource
from .exceptions import (
    AuthenticationError,
    AvroscanError,
    CodecError,
    ColumnNotFoundError,
    ConfigurationError,
    DecodeError,
    FileNotFoundError,
    InternalError,
    JetlinerError,
    OutOfMemoryError,
    ParseError,
    PermissionError,
    PyAuthenticationError,
    PyCodecError,
    PyConfigurationError,
    PyDecodeError,
    PyFileNotFoundError,
    PyParseError,
    PyPermissionError,
    PySchemaError,
    PySourceError,
    SchemaError,
    SourceError,
)

__all__ = [
    "AuthenticationError",
    "AvroFiles",
    "AvroReader",
    "AvroscanError",
    "BadBlockError",
    "BatchIterator",
    "CodecError",
    "ColumnNotFoundError",
    "ConfigurationError",
    "DecodeError",
    "FileMetadata",
    "FileNotFoundError",
    "FileSource",
    "InternalError",
    "JetlinerError",
    "MultiAvroReader",
    "OutOfMemoryError",
    "ParseError",
    "PermissionError",
    "PyAuthenticationError",
    "PyCodecError",
    "PyConfigurationError",
    "PyDecodeError",
    "PyFileNotFoundError",
    "PyParseError",
    "PyPermissionError",
    "PySchemaError",
    "PySourceError",
    "ReadReport",
    "SchemaError",
    "SourceError",
    "__version__",
    "count_rows",
    "open",
    "read_avro",
    "read_avro_metadata",
    "read_avro_schema",
    "scan_avro",
]
