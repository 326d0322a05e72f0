"""Every type of Avro comes out as an independent reader has it."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import json
import math
import uuid
from typing import Any

import fastavro
import polars as pl
import pytest
from conftest import encode

import avroscan

D = decimal.Decimal
UTC = dt.timezone.utc
SUIT = {"type": "enum", "name": "Suit", "symbols": ["CLUBS", "HEARTS", "SPADES"]}
POINT = {
    "type": "record",
    "name": "Point",
    "fields": [{"name": "x", "type": "int"}, {"name": "label", "type": ["null", "string"]}],
}

CASES: dict[str, tuple[Any, list[Any]]] = {
    "null": ("null", [None, None]),
    "boolean": ("boolean", [True, False]),
    "int": ("int", [0, -1, 2**31 - 1, -(2**31)]),
    "long": ("long", [0, -1, 2**63 - 1, -(2**63)]),
    "float": ("float", [0.0, -1.5, math.inf, math.nan]),
    "double": ("double", [0.0, -1.5, -math.inf, math.nan, 1e300]),
    "bytes": ("bytes", [b"", b"\x00\xff", b"x" * 100]),
    "string": ("string", ["", "\u00e4\u20ac\U0001f600", "x" * 100]),
    "fixed": ({"type": "fixed", "name": "F", "size": 3}, [b"abc", b"\x00\x01\x02"]),
    "enum": (SUIT, ["SPADES", "CLUBS", "HEARTS"]),
    "array": ({"type": "array", "items": "long"}, [[], [1, 2, 3]]),
    "map": ({"type": "map", "values": "int"}, [{}, {"a": 1, "b": 2}]),
    "record": (POINT, [{"x": 1, "label": None}, {"x": 2, "label": "two"}]),
    "nullable": (["null", "long"], [None, 5]),
    "nullable_last": (["string", "null"], ["a", None]),
    "nullable_enum": (["null", SUIT], ["SPADES", None, "CLUBS"]),
    "nullable_record": (["null", POINT], [None, {"x": 1, "label": "a"}]),
    "array_of_enums": ({"type": "array", "items": SUIT}, [["HEARTS"], [], ["CLUBS", "SPADES"]]),
    "map_of_enums": ({"type": "map", "values": ["null", SUIT]}, [{"a": "HEARTS", "b": None}, {}]),
    "array_of_records": (
        {"type": "array", "items": POINT},
        [[], [{"x": 1, "label": None}, {"x": 2, "label": "b"}]],
    ),
    "map_of_arrays": (
        {"type": "map", "values": {"type": "array", "items": "string"}},
        [{}, {"k": ["a", "b"], "l": []}],
    ),
    "date": ({"type": "int", "logicalType": "date"}, [dt.date(1970, 1, 1), dt.date(2024, 2, 29)]),
    "time_millis": (
        {"type": "int", "logicalType": "time-millis"},
        [dt.time(0), dt.time(23, 59, 59, 999000)],
    ),
    "time_micros": (
        {"type": "long", "logicalType": "time-micros"},
        [dt.time(0), dt.time(23, 59, 59, 999999)],
    ),
    "timestamp_millis": (
        {"type": "long", "logicalType": "timestamp-millis"},
        [dt.datetime(1969, 12, 31, 23, 59, 59, 999000, UTC), dt.datetime(2024, 1, 1, tzinfo=UTC)],
    ),
    "timestamp_micros": (
        {"type": "long", "logicalType": "timestamp-micros"},
        [dt.datetime(2024, 1, 1, 1, 2, 3, 456789, UTC)],
    ),
    "local_timestamp_micros": (
        {"type": "long", "logicalType": "local-timestamp-micros"},
        [dt.datetime(2024, 1, 1, 1, 2, 3, 456789)],
    ),
    "decimal_bytes": (
        {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2},
        [D("0.00"), D("-123.45"), D("99999999.99")],
    ),
    "decimal_fixed": (
        {"type": "fixed", "name": "F", "size": 8, "logicalType": "decimal", "precision": 12, "scale": 4},
        [D("1.0000"), D("-0.0001")],
    ),
    "uuid": (
        {"type": "string", "logicalType": "uuid"},
        [uuid.UUID("12345678-1234-5678-1234-567812345678")],
    ),
}


def as_record(schema: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "Row",
        "fields": [{"name": "n", "type": "int"}, {"name": "value", "type": schema}],
    }


def plain(value: Any) -> Any:
    """The value as Polars gives it."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("as_root", [False, True], ids=["field", "root"])
def test_a_type_is_read_as_fastavro_reads_it(name: str, as_root: bool) -> None:
    schema, values = CASES[name]
    if as_root:
        data = encode(schema, values)
        expected = [plain(row) for row in fastavro.reader(io.BytesIO(data))]
        frame = avroscan.read_avro(data)
        # The fields of a record are the columns, those of a nullable record all null where it is.
        is_record = schema is POINT or (isinstance(schema, list) and POINT in schema)
        expected = [row or {"x": None, "label": None} for row in expected] if is_record else expected
        found = frame.rows(named=True) if is_record else frame.get_column("value").to_list()
    else:
        rows = [{"n": n, "value": value} for n, value in enumerate(values)]
        data = encode(as_record(schema), rows)
        expected = [plain(row) for row in fastavro.reader(io.BytesIO(data))]
        frame = avroscan.read_avro(data)
        found = frame.rows(named=True)
    assert [plain(row) for row in found] == expected
    assert frame.schema == avroscan.read_avro_schema(data)
    assert frame.equals(avroscan.scan_avro(data).collect())


def test_enums_are_enums_at_every_depth() -> None:
    schema = avroscan.read_avro_schema(encode(as_record(CASES["array_of_enums"][0]), []))
    assert schema["value"] == pl.List(pl.Enum(["CLUBS", "HEARTS", "SPADES"]))
    schema = avroscan.read_avro_schema(encode(as_record(CASES["map_of_enums"][0]), []))
    assert "Enum" in str(schema["value"])


def test_types_that_polars_lacks_do_not_reach_it() -> None:
    wide = {"type": "bytes", "logicalType": "decimal", "precision": 60, "scale": 3}
    data = encode(as_record(wide), [{"n": 1, "value": D("-" + "9" * 50 + ".125")}])
    assert avroscan.read_avro(data)["value"].to_list() == ["-" + "9" * 50 + ".125"]
    duration = {"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}
    value = b"".join(part.to_bytes(4, "little") for part in (1, 2, 4_000_000_000))
    data = encode(as_record(["null", duration]), [{"n": 1, "value": value}, {"n": 2, "value": None}])
    expected = {"months": 1, "days": 2, "milliseconds": 4_000_000_000}
    assert avroscan.read_avro(data)["value"].to_list() == [expected, None]
    inside = {"type": "map", "values": {"type": "array", "items": duration}}
    data = encode(as_record(inside), [{"n": 1, "value": {"k": [value]}}])
    assert avroscan.read_avro(data, maps="list")["value"].to_list() == [
        [{"key": "k", "value": [expected]}]
    ]


def test_maps_are_lists_where_that_is_asked_for() -> None:
    schema = as_record({"type": "map", "values": {"type": "map", "values": "int"}})
    data = encode(schema, [{"n": 1, "value": {"a": {"b": 1}}}, {"n": 2, "value": {}}])
    frame = avroscan.read_avro(data, maps="list")
    inner = pl.List(pl.Struct({"key": pl.String, "value": pl.Int32}))
    assert frame.schema["value"] == pl.List(pl.Struct({"key": pl.String, "value": inner}))
    assert frame["value"].to_list() == [[{"key": "a", "value": [{"key": "b", "value": 1}]}], []]
    assert frame.schema == avroscan.scan_avro(data, maps="list").collect_schema()


def test_unions_and_recursive_types_do_not_panic() -> None:
    union = as_record(["null", "long", "string", POINT])
    rows = [{"n": 0, "value": None}, {"n": 1, "value": 5}, {"n": 2, "value": "x"}]
    frame = avroscan.read_avro(encode(union, rows))
    assert isinstance(frame.schema["value"], pl.Struct)
    tree = {
        "type": "record",
        "name": "Tree",
        "fields": [
            {"name": "v", "type": "int"},
            {"name": "children", "type": {"type": "array", "items": "Tree"}},
        ],
    }
    data = encode(tree, [{"v": 1, "children": [{"v": 2, "children": []}]}])
    assert avroscan.read_avro(data).height == 1
    assert avroscan.read_avro(data, unroll=1).schema != avroscan.read_avro(data).schema


def test_further_files_with_other_symbols_are_matched_by_name() -> None:
    def file(symbols: list[str], values: list[str]) -> bytes:
        kind = {"type": "enum", "name": "E", "symbols": symbols}
        return encode(as_record(kind), [{"n": 0, "value": value} for value in values])

    first, second = file(["A", "B", "C"], ["A", "C"]), file(["C", "A"], ["C", "A"])
    frame = avroscan.read_avro([first, second])
    assert frame["value"].to_list() == ["A", "C", "C", "A"]
    assert frame.schema["value"] == pl.Enum(["A", "B", "C"])
    third = file(["A", "B"], ["A", "B"])
    with avroscan.MultiAvroReader([second, third]) as reader, pytest.raises(avroscan.SchemaError):
        list(reader)


@pytest.mark.parametrize("kind", ["array", "map", "record", "nullable"])
@pytest.mark.parametrize("levels", [16, 40, 70, 150])
def test_types_inside_each_other_are_read_or_refused(kind: str, levels: int) -> None:
    """Polars recurses over types: one that is too deep for it would end the process."""
    schema: Any = "int"
    value = b"\x02"
    for level in range(levels - 2):
        if kind == "array":
            schema, value = {"type": "array", "items": schema}, b"\x02" + value + b"\x00"
        elif kind == "map":
            schema, value = {"type": "map", "values": schema}, b"\x02\x02k" + value + b"\x00"
        else:
            inner = ["null", schema] if kind == "nullable" else schema
            fields = [{"name": "f", "type": inner}]
            schema = {"type": "record", "name": f"R{level}", "fields": fields}
            value = b"\x02" + value if kind == "nullable" else value
    header = {"type": "record", "name": "Row", "fields": [{"name": "value", "type": schema}]}
    data = raw_file(json.dumps(header), value)
    if levels == 16:
        assert avroscan.read_avro(data).height == 1
        assert avroscan.scan_avro(data).collect(engine="streaming").height == 1
        return
    for read in (
        avroscan.read_avro,
        lambda data: avroscan.scan_avro(data).collect(),
        lambda data: avroscan.scan_avro(data).collect(engine="streaming"),
        lambda data: list(avroscan.AvroReader(data)),
        lambda data: avroscan.open(data).to_polars(),
    ):
        with pytest.raises(avroscan.SchemaError, match="column_depth"):
            read(data)


def raw_file(schema: str, row: bytes) -> bytes:
    """A file of one row, whose schema no library has looked at."""

    def long(value: int) -> bytes:
        encoded = bytearray()
        value <<= 1
        while value > 0x7F:
            encoded.append(value & 0x7F | 0x80)
            value >>= 7
        encoded.append(value)
        return bytes(encoded)

    text = schema.encode()
    key = b"avro.schema"
    marker = bytes(range(16))
    header = b"Obj\x01" + long(1) + long(len(key)) + key + long(len(text)) + text + b"\x00" + marker
    return header + long(1) + long(len(row)) + row + marker
