"""Errors keep their class and their attributes, wherever they come up."""

from __future__ import annotations

import builtins
import os
import pickle
import stat
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ORDER, encode, order

import avroscan
from avroscan import exceptions


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_class_and_attributes_survive_a_query(damaged: str, engine: Any, tmp_path: Path) -> None:
    scan = avroscan.scan_avro(damaged)
    ways: list[Any] = [
        lambda: scan.collect(engine=engine),
        lambda: scan.filter(pl.col("id") >= 0).collect(engine=engine),
        lambda: scan.sink_parquet(tmp_path / "x.parquet"),
        lambda: scan.select("id", "note").sink_csv(tmp_path / "x.csv"),
        lambda: avroscan.read_avro(damaged),
        lambda: list(avroscan.AvroReader(damaged)),
        lambda: list(avroscan.MultiAvroReader([damaged])),
        lambda: avroscan.open(damaged).to_polars(),
    ]
    for way in ways:
        with pytest.raises(avroscan.CodecError) as raised:
            way()
        error = raised.value
        assert error.path == damaged
        assert error.codec == "deflate"
        assert error.block_index is not None
        assert error.block_index > 0
        assert error.file_offset is not None
        assert error.variant == "DecompressionError"
        assert damaged in str(error)
        assert str(error.block_index) in str(error)


def test_rows_before_the_damage_are_handed_out(damaged: str) -> None:
    reader = avroscan.AvroReader(damaged, batch_size=10)
    found = []
    with pytest.raises(avroscan.CodecError):
        for frame in reader:
            found.extend(frame["id"].to_list())
    assert found == list(range(len(found)))
    assert len(found) > 100
    assert list(reader) == [], "after an error there are no more rows"


def test_values_that_cannot_be_name_their_field(tmp_path: Path) -> None:
    data = bytearray(encode(ORDER, [order(i) for i in range(10)], codec="null"))
    data[data.index(b"u1@x.org")] = 0xFF
    with pytest.raises(avroscan.DecodeError) as raised:
        avroscan.read_avro(bytes(data))
    error = raised.value
    assert (error.field, error.block_index, error.record_index) == ("user.email", 0, 1)
    assert error.offset == error.file_offset
    assert error.variant == "InvalidUtf8"


HEADER = encode(ORDER, [])
CASES: list[tuple[str, bytes, type[avroscan.AvroscanError], str]] = [
    ("not avro", b"PAR1 and so on", avroscan.ParseError, "InvalidMagic"),
    ("empty", b"", avroscan.ParseError, "UnexpectedEof"),
    ("cut header", HEADER[:50], avroscan.ParseError, "UnexpectedEof"),
    ("codec", HEADER.replace(b"deflate", b"deflat2"), avroscan.CodecError, "UnsupportedCodec"),
    ("schema", HEADER.replace(b'"long"', b'"lung"'), avroscan.SchemaError, "InvalidSchema"),
    ("cut block", encode(ORDER, [order(1)])[:-5], avroscan.ParseError, "UnexpectedEof"),
]


@pytest.mark.parametrize(("name", "data", "kind", "variant"), CASES, ids=lambda v: str(v)[:12])
def test_kinds_of_damage(name: str, data: bytes, kind: Any, variant: str) -> None:
    with pytest.raises(kind) as raised:
        avroscan.read_avro(data)
    assert raised.value.variant == variant, name
    assert raised.value.path == "<bytes>"
    assert isinstance(raised.value, avroscan.AvroscanError)


def test_markers_that_do_not_match(tmp_path: Path) -> None:
    data = bytearray(encode(ORDER, [order(i) for i in range(500)], block=1000))
    data[-1] ^= 0xFF
    with pytest.raises(avroscan.ParseError) as raised:
        avroscan.read_avro(bytes(data))
    assert raised.value.variant == "InvalidSyncMarker"


def test_missing_files() -> None:
    for read in (avroscan.scan_avro, avroscan.read_avro, avroscan.AvroReader, avroscan.open):
        with pytest.raises(builtins.FileNotFoundError) as raised:
            read("/nowhere/x.avro")
        assert isinstance(raised.value, avroscan.FileNotFoundError)
        assert raised.value.filename == raised.value.path == "/nowhere/x.avro"
        assert "/nowhere/x.avro" in str(raised.value)
    with pytest.raises(avroscan.FileNotFoundError):
        avroscan.scan_avro("/nowhere/*.avro")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x.avro"
    path.write_bytes(HEADER)
    path.chmod(stat.S_IWUSR)
    with pytest.raises(builtins.PermissionError) as raised:
        avroscan.read_avro(path)
    assert isinstance(raised.value, avroscan.PermissionError)


def test_exceptions_can_be_pickled() -> None:
    made = [
        exceptions.AvroscanError("m", "V"),
        exceptions.DecodeError("m", "V", "p", 1, 2, 3, 4, "f"),
        exceptions.ParseError("m", "V", "p", 3),
        exceptions.SchemaError("m", "V", "p", "f"),
        exceptions.ColumnNotFoundError("m", "V", "p", "f"),
        exceptions.CodecError("m", "V", "p", "snappy", 1, 2),
        exceptions.SourceError("m", "V", "p"),
        exceptions.AuthenticationError("m", "V", "p"),
        exceptions.FileNotFoundError("m", "V", "p"),
        exceptions.PermissionError("m", "V", "p"),
        exceptions.OutOfMemoryError("m", "V", "p"),
        exceptions.InternalError("m", "V", "p"),
        exceptions.ConfigurationError("m", "V"),
    ]
    for error in made:
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert again.to_dict() == error.to_dict()
        assert (str(again), repr(again)) == (str(error), repr(error))
    assert avroscan.JetlinerError is avroscan.AvroscanError
    assert avroscan.PyDecodeError is avroscan.DecodeError


def test_damage_can_be_left_out(damaged: str) -> None:
    whole = 1000
    with avroscan.AvroReader(damaged, ignore_errors=True) as reader:
        rows = sum(frame.height for frame in reader)
        assert 0 < rows < whole
        assert reader.error_count == 1
        (error,) = reader.errors
        assert error.kind == "DecompressionFailed(deflate)"
        assert error.filepath == damaged
        assert error.rows_lost == whole - rows
        assert error.bytes > 0
        assert error.record_index is None
        assert error.to_dict()["block_index"] == error.block_index
        assert str(error.block_index) in str(error)
        assert reader.report.rows_lost == whole - rows
    report = avroscan.ReadReport()
    frame = avroscan.scan_avro(damaged, ignore_errors=True, report=report).collect()
    assert frame.height == rows
    assert (report.error_count, report.rows_lost) == (1, whole - rows)
    assert report.bytes_skipped == error.bytes
    assert pickle.loads(pickle.dumps(report)).error_count == 0
    with pytest.raises(avroscan.DecodeError) as raised:
        avroscan.read_avro(damaged, ignore_errors=True, skip_budget=0)
    assert raised.value.variant == "SkipBudget"
    assert avroscan.read_avro(damaged, ignore_errors=True, skip_budget={"blocks": 1}).height == rows


def test_blocks_that_are_too_large(orders: str) -> None:
    with pytest.raises(avroscan.CodecError) as raised:
        avroscan.read_avro(orders, max_block_size=100)
    assert raised.value.variant == "OversizedOutput"
    assert avroscan.read_avro(orders, max_block_size=None).height == 5000


def test_bytes_left_over_can_be_accepted() -> None:
    """Blocks with bytes after their last row, as Trino wrote them."""
    schema = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}
    data = encode(schema, [{"x": 1}, {"x": 2}], codec="null")
    marker, body = data[-16:], data[: -16 - 4]
    odd = body + bytes([4, 6]) + bytes([2, 4]) + b"\x07" + marker
    with pytest.raises(avroscan.DecodeError) as raised:
        avroscan.read_avro(odd)
    assert raised.value.variant == "InvalidBlockLength"
    report = avroscan.ReadReport()
    frame = avroscan.read_avro(odd, leftover_bytes="ignore", report=report)
    assert frame["x"].to_list() == [1, 2]
    assert (report.error_count, report.leftover_bytes) == (0, 1)
