"""Rows are counted, and headers read, without reading more."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ORDER, encode, order

import avroscan


def test_rows_are_counted_from_headers_alone(tmp_path: Path) -> None:
    data = bytearray(encode(ORDER, [order(i) for i in range(2000)], block=30_000))
    # Nothing of a block but its header and its marker is as it was.
    marker = bytes(data[-16:])
    at = data.index(marker) + 16
    while at < len(data):
        end = data.index(marker, at)
        data[at + 10 : end] = b"\xff" * (end - at - 10)
        at = end + 16
    assert avroscan.count_rows(bytes(data)) == 2000
    with pytest.raises(avroscan.AvroscanError):
        avroscan.read_avro(bytes(data))


def test_metadata_needs_the_header_alone(tmp_path: Path) -> None:
    data = encode(ORDER, [order(i) for i in range(2000)])
    header = data[: len(encode(ORDER, [])) + 3]
    (file,) = avroscan.read_avro_metadata(header)
    path, codec, schema, entries = file
    assert (path, codec) == ("<bytes>", "deflate")
    assert '"Order"' in schema
    assert dict(entries) == file.as_dict()
    assert file.as_dict()["avro.codec"] == b"deflate"
    assert avroscan.read_avro_schema(header).names()[0] == "id"


def test_one_million_rows(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "x", "type": "long"}]}
    data = encode(schema, [{"x": i} for i in range(1000)], block=1 << 30)
    header = len(encode(schema, []))
    path = tmp_path / "x.avro"
    path.write_bytes(data[:header] + data[header:] * 1000)
    assert avroscan.count_rows(path) == 1_000_000
