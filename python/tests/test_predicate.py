"""The part of a filter that is decided early drops no row that Polars keeps."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import random
from typing import Any

import polars as pl
import pytest
from conftest import encode

import avroscan
from avroscan import _options, _scan
from avroscan._frames import frame as as_frame

ROWS = 400
SUITS = ["CLUBS", "HEARTS", "SPADES"]
D = decimal.Decimal


def maybe(schema: Any) -> list[Any]:
    return ["null", schema]


FIELDS = {
    "i": maybe("int"),
    "l": maybe("long"),
    "f": maybe("float"),
    "d": maybe("double"),
    "s": maybe("string"),
    "b": maybe("boolean"),
    "y": maybe("bytes"),
    "e": maybe({"type": "enum", "name": "Suit", "symbols": SUITS}),
    "day": maybe({"type": "int", "logicalType": "date"}),
    "ts": maybe({"type": "long", "logicalType": "timestamp-micros"}),
    "ms": maybe({"type": "long", "logicalType": "local-timestamp-millis"}),
    "dec": maybe({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}),
    "t": maybe({"type": "long", "logicalType": "time-micros"}),
    "st": maybe(
        {
            "type": "record",
            "name": "S",
            "fields": [{"name": "x", "type": maybe("long")}, {"name": "y", "type": maybe("string")}],
        }
    ),
    "payload": "string",
}
SCHEMA = {
    "type": "record",
    "name": "Row",
    "fields": [{"name": name, "type": kind} for name, kind in FIELDS.items()],
}
UTC = dt.timezone.utc


def values(name: str, pick: random.Random) -> Any:
    """A value of the column, one of few, so that comparisons meet it."""
    few: dict[str, list[Any]] = {
        "i": [-(2**31), -1, 0, 1, 5, 2**31 - 1],
        "l": [-(2**63), -1, 0, 1, 5, 2**63 - 1],
        "f": [-1.5, -0.0, 0.0, 1.5, float("nan"), float("inf"), float("-inf")],
        "d": [-1.5, -0.0, 0.0, 0.1, 1.5, float("nan"), float("inf"), float("-inf")],
        "s": ["", "a", "ab", "abc", "b", "\u00e4"],
        "b": [True, False],
        "y": [b"", b"a", b"ab", b"\xff"],
        "e": SUITS,
        "day": [dt.date(2020, 1, 1), dt.date(2024, 2, 29), dt.date(1960, 1, 1)],
        "ts": [dt.datetime(2020, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 1, 1, 2, 3, 4, UTC)],
        "ms": [dt.datetime(2020, 1, 1), dt.datetime(1950, 5, 5, 5, 5, 5, 5000)],
        "dec": [D("0.00"), D("-1.25"), D("1.25"), D("99.99")],
        "t": [dt.time(0), dt.time(12, 30)],
        "x": [-1, 0, 1, 5],
        "yy": ["a", "ab", "b"],
    }
    return pick.choice(few[name])


def rows(pick: random.Random) -> list[dict[str, Any]]:
    def row() -> dict[str, Any]:
        made: dict[str, Any] = {
            name: None if pick.random() < 0.2 else values(name, pick)
            for name in FIELDS
            if name not in ("st", "payload")
        }
        inner = {"x": values("x", pick), "y": values("yy", pick)}
        inner = {key: None if pick.random() < 0.2 else value for key, value in inner.items()}
        made["st"] = None if pick.random() < 0.2 else inner
        made["payload"] = "p" * pick.randrange(20)
        return made

    return [row() for _ in range(ROWS)]


def leaf(pick: random.Random) -> pl.Expr:
    name = pick.choice([*(name for name in FIELDS if name != "payload"), "st"])
    if name == "st":
        part = pick.choice(["x", "y"])
        column = pl.col("st").struct.field(part)
        name = "x" if part == "x" else "yy"
    else:
        column = pl.col(name)
    value = values(name, pick)
    choice = pick.randrange(12)
    if choice == 0:
        return column.is_null()
    if choice == 1:
        return column.is_not_null()
    if choice == 2 and name == "b":
        return column
    if choice == 3 and name not in ("f", "d", "t", "y"):
        listed = [values(name, pick) for _ in range(pick.randrange(1, 4))]
        if pick.random() < 0.3:
            listed.append(None)
        return column.is_in(listed)
    if choice == 4 and name not in ("e", "b"):
        closed: Any = pick.choice(["both", "left", "right", "none"])
        return column.is_between(value, values(name, pick), closed=closed)
    if choice == 5 and name in ("s", "yy"):
        return column.str.starts_with(value)
    if choice == 6 and name in ("i", "l", "x"):
        return column * 2 > 1
    if choice == 7 and name in ("s", "yy"):
        return column.str.len_chars() > 1
    if choice == 8 and name in ("i", "l"):
        return column > 0.5
    if choice == 9 and name == "i":
        return column == pl.col("l")
    if choice == 10 and name in ("i", "l", "s"):
        return column.eq_missing(value)
    literal = pl.lit(value)
    ops = [
        lambda: column == value,
        lambda: column != value,
        lambda: column < value,
        lambda: column <= value,
        lambda: column > value,
        lambda: column >= value,
        lambda: literal <= column,
        lambda: literal == column,
    ]
    return pick.choice(ops)()


def predicate(pick: random.Random, depth: int) -> pl.Expr:
    if depth == 0 or pick.random() < 0.3:
        return leaf(pick)
    choice = pick.randrange(4)
    if choice == 0:
        return ~predicate(pick, depth - 1)
    left, right = predicate(pick, depth - 1), predicate(pick, depth - 1)
    return left & right if choice < 3 else left | right


@pytest.fixture(scope="module")
def data() -> bytes:
    return encode(SCHEMA, rows(random.Random(1)), block=2000)


@pytest.mark.parametrize("seed", range(300))
def test_random_filters_keep_what_polars_keeps(data: bytes, seed: int) -> None:
    pick = random.Random(seed)
    keep = predicate(pick, 3)
    frame = avroscan.read_avro(data)
    try:
        expected = frame.filter(keep)
    except pl.exceptions.PolarsError:
        pytest.skip("Polars refuses this filter")
    for engine in ("in-memory", "streaming"):
        found = avroscan.scan_avro(data).filter(keep).collect(engine=engine)
        assert found.equals(expected, null_equal=True), str(keep)
    names = ["payload", "i"]
    found = avroscan.scan_avro(data).filter(keep).select(names).collect()
    assert found.equals(expected.select(names)), str(keep)


def early(data: bytes, keep: pl.Expr) -> tuple[int, int]:
    """Rows that the early part keeps, and those that Polars keeps, of an expression as Polars hands
    it to a scan: with its literals cast."""
    seen: list[pl.Expr] = []

    class Spy(_scan.AvroScan):
        def __call__(self, with_columns: Any, predicate: Any, *rest: Any) -> Any:
            seen.append(predicate)
            return super().__call__(with_columns, predicate, *rest)

    from polars.io.plugins import register_io_source

    source = Spy(data, _options.DEFAULTS)
    scan = register_io_source(source, schema=avroscan.read_avro_schema(data), is_pure=True)
    expected = scan.filter(keep).collect().height
    files = _options.open_files(data, {})
    batches = files.batches(predicate=seen[0].meta.serialize(format="json"))
    kept = 0
    while (batch := batches.next()) is not None:
        kept += as_frame(batch).height
    return kept, expected


EXACT = [
    pl.col("i") == 5,
    pl.col("l") >= 1,
    pl.col("d") < 1.5,
    pl.col("d") >= 0.0,
    pl.col("d") == 0.0,
    pl.col("f") <= 1.5,
    pl.col("s") == "ab",
    pl.col("s") > "a",
    pl.col("y") == b"ab",
    pl.col("e") == "HEARTS",
    pl.col("e") != "HEARTS",
    pl.col("e").is_in(["HEARTS", "CLUBS"]),
    pl.col("b"),
    ~pl.col("b"),
    pl.col("day") == dt.date(2024, 2, 29),
    pl.col("ts") > dt.datetime(2021, 1, 1, tzinfo=UTC),
    pl.col("ms") < dt.datetime(2000, 1, 1),
    pl.col("dec") >= D("1.25"),
    pl.col("l").is_null(),
    pl.col("s").is_not_null(),
    pl.col("i").is_in([1, 5]),
    pl.col("s").is_in(["a", "b", None]),
    pl.col("day").is_in([dt.date(2024, 2, 29)]),
    pl.col("l").is_between(0, 5),
    pl.col("s").str.starts_with("a"),
    pl.col("st").struct.field("x") > 0,
    ~(pl.col("st").struct.field("x") > 0),
    pl.col("st").struct.field("y").is_null(),
    (pl.col("i") > 0) & (pl.col("s") == "a"),
    (pl.col("i") > 0) | ~(pl.col("s") == "a"),
    ~pl.col("i").is_in([1, 5]),
]


@pytest.mark.parametrize("keep", EXACT, ids=str)
def test_simple_filters_are_decided_early(data: bytes, keep: pl.Expr) -> None:
    kept, expected = early(data, keep)
    assert kept == expected
    assert 0 < kept < ROWS, "a filter that keeps all or nothing tests nothing"


UNKNOWN = [
    pl.col("d") >= float("nan"),
    pl.col("d") > float("inf"),
    pl.col("e") > "CLUBS",
    pl.col("i") > 0.5,
    pl.col("s").str.contains("a"),
    pl.col("t") > dt.time(1),
    (pl.col("i") > 0) ^ pl.col("b"),
    ~pl.col("s").is_in(["a", None]),
]


@pytest.mark.parametrize("keep", UNKNOWN, ids=str)
def test_other_filters_are_left_to_polars(data: bytes, keep: pl.Expr) -> None:
    kept, _ = early(data, keep)
    assert kept == ROWS


def test_functions_of_python_in_a_filter_are_applied(data: bytes) -> None:
    pytest.importorskip("cloudpickle", reason="Polars takes functions apart with it")
    keep = pl.col("l").map_batches(lambda values: values == 5, return_dtype=pl.Boolean)
    found = avroscan.scan_avro(data).filter(keep & (pl.col("i") == 5)).collect()
    frame = avroscan.read_avro(data)
    assert found.equals(frame.filter((pl.col("l") == 5) & (pl.col("i") == 5)))


@pytest.mark.parametrize(
    "nonsense",
    ["", "{", "[]", "null", '{"BinaryExpr":{}}', '{"Function":{"input":[],"function":"x"}}', "[" * 5000]
    + [json.dumps({"Literal": {"Scalar": {"Boolean": False}}})],
)
def test_what_is_not_understood_keeps_all_rows(data: bytes, nonsense: str) -> None:
    files = _options.open_files(data, {})
    batches = files.batches(predicate=nonsense)
    kept = 0
    while (batch := batches.next()) is not None:
        kept += batch.num_rows
    assert kept == ROWS
