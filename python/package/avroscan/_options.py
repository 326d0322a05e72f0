"""How to read: the keywords of the package, checked, as the native half takes them."""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Optional, TypedDict, Union

from . import _native, _sources, _storage
from ._native import ReadReport
from .exceptions import ConfigurationError

if TYPE_CHECKING:
    import polars as pl

Columns = Optional[Union[Sequence[str], Sequence[int]]]
"""Columns by name, by the path of a nested field, or by number."""

ReaderSchema = Union[str, Mapping[str, Any], Sequence[Any], None]
"""An Avro schema as JSON text, or as what JSON text means."""

SchemaMode = Literal["first", "union_by_name"]
Maps = Literal["map", "list"]
LeftoverBytes = Literal["error", "ignore"]

SkipBudget = Union[int, Mapping[str, Union[int, float]], None]
"""Most blocks to skip, or a mapping of ``blocks``, ``bytes`` and ``fraction``."""

Progress = Optional[Callable[[int, int], object]]
"""Called after each batch with the bytes that are done, and with all of them."""


class ReadOptions(TypedDict, total=False):
    """The keywords that :func:`scan_avro`, :func:`read_avro` and :func:`open` share."""

    n_rows: int | None
    row_index_name: str | None
    row_index_offset: int
    glob: bool
    include_file_paths: str | None
    ignore_errors: bool
    storage_options: Mapping[str, Any] | None
    buffer_blocks: int
    buffer_bytes: int
    read_chunk_size: int | None
    batch_size: int | None
    max_block_size: int | None
    columns: Columns
    reader_schema: ReaderSchema
    schema_mode: SchemaMode
    unroll: int
    hive_partitioning: bool | None
    hive_schema: Mapping[str, Any] | None
    try_parse_hive_dates: bool
    maps: Maps
    workers: int | None
    skip_budget: SkipBudget
    leftover_bytes: LeftoverBytes
    credential_provider: _storage.CredentialProvider
    progress: Progress
    report: ReadReport | None


DEFAULTS: ReadOptions = {
    "n_rows": None,
    "row_index_name": None,
    "row_index_offset": 0,
    "glob": True,
    "include_file_paths": None,
    "ignore_errors": False,
    "storage_options": None,
    "buffer_blocks": 4,
    "buffer_bytes": 64 * 1024 * 1024,
    "read_chunk_size": None,
    "batch_size": None,
    "max_block_size": 512 * 1024 * 1024,
    "columns": None,
    "reader_schema": None,
    "schema_mode": "first",
    "unroll": 0,
    "hive_partitioning": None,
    "hive_schema": None,
    "try_parse_hive_dates": True,
    "maps": "map",
    "workers": None,
    "skip_budget": None,
    "leftover_bytes": "error",
    "credential_provider": "auto",
    "progress": None,
    "report": None,
}


def open_files(source: _sources.FileSource, given: ReadOptions) -> _native.Files:
    """Finds the files and reads their headers."""
    inputs = _sources.inputs(source)
    options: dict[str, Any] = {**DEFAULTS, **given}
    provider = options.pop("credential_provider")
    names = [name for name in inputs if isinstance(name, str)]
    options["storage_options"] = _storage.options(names, options["storage_options"], provider)
    # What avroscan reads at once suits the source: jetliner's keyword is checked and has no effect.
    _number("read_chunk_size", options.pop("read_chunk_size"), least=1)
    for name in ("n_rows", "row_index_offset", "buffer_blocks", "buffer_bytes", "unroll"):
        options[name] = _number(name, options[name], least=0)
    for name in ("batch_size", "max_block_size", "workers"):
        options[name] = _number(name, options[name], least=1)
    options["columns"] = _columns(options["columns"])
    options["skip_budget"] = _budget(options["skip_budget"])
    options["maps_as_lists"] = _choice("maps", options.pop("maps"), ("map", "list")) == "list"
    leftover = _choice("leftover_bytes", options.pop("leftover_bytes"), ("error", "ignore"))
    options["ignore_leftover_bytes"] = leftover == "ignore"
    schema = options["reader_schema"]
    if schema is not None and not isinstance(schema, str):
        options["reader_schema"] = json.dumps(schema)
    if options["hive_schema"] is not None:
        options["hive_schema"] = _arrow_schema(options["hive_schema"])
    if options["progress"] is not None and not callable(options["progress"]):
        message = f"progress is {options['progress']!r}, expected a callable or None"
        raise ConfigurationError(message)
    options["wide_index"] = options["row_index_name"] is not None and _has_wide_index()
    return _native.open(inputs, options)


def _number(name: str, value: Any, *, least: int) -> int | None:
    if value is None:
        return None
    try:
        number = operator.index(value)
    except TypeError:
        message = f"{name} is {value!r}, expected a whole number"
        raise ConfigurationError(message) from None
    if number < least:
        message = f"{name} is {number}, expected {least} or more (not negative)" if least == 0 else (
            f"{name} is {number}, expected {least} or more"
        )
        raise ConfigurationError(message)
    return min(number, sys.maxsize)


def _columns(columns: Any) -> list[str | int] | None:
    if columns is None:
        return None
    if isinstance(columns, str):
        message = f"columns is {columns!r}, expected a list of names or numbers"
        raise ConfigurationError(message)
    chosen: list[str | int] = []
    for column in columns:
        if isinstance(column, str):
            chosen.append(column)
        else:
            number = _number("a column's number", column, least=0)
            chosen.append(0 if number is None else number)
    return chosen


def _budget(budget: SkipBudget) -> dict[str, Any]:
    parts: dict[str, Any] = {"blocks": None, "bytes": None, "fraction": None}
    if budget is None:
        return parts
    if isinstance(budget, Mapping):
        unknown = set(budget) - set(parts)
        if unknown:
            message = f"skip_budget has {sorted(unknown)}, expected blocks, bytes or fraction"
            raise ConfigurationError(message)
        return {**parts, **budget}
    return {**parts, "blocks": _number("skip_budget", budget, least=0)}


def _choice(name: str, value: str, expected: tuple[str, ...]) -> str:
    if value not in expected:
        message = f"{name} is {value!r}, expected one of {', '.join(map(repr, expected))}"
        raise ConfigurationError(message)
    return value


def _arrow_schema(schema: Mapping[str, Any]) -> object:
    """The Arrow schema of columns with these types of Polars."""
    import polars as pl

    return pl.DataFrame(schema=dict(schema)).__arrow_c_stream__()


def _has_wide_index() -> bool:
    """Whether Polars numbers rows with 64 bits. It is asked only if it is loaded or can be."""
    try:
        import polars as pl
    except ImportError:
        return False
    return pl.get_index_type() == pl.UInt64
