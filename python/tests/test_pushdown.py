"""What a query asks for is what the scan gives, in the order that Polars has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ORDER, order, write

import avroscan

ENGINES = ["in-memory", "streaming"]


@pytest.fixture
def two(tmp_path: Path) -> list[str]:
    first = write(tmp_path / "a.avro", ORDER, [order(i) for i in range(700)], block=1000)
    second = write(tmp_path / "b.avro", ORDER, [order(i) for i in range(700, 1000)], block=1000)
    return [first, second]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_limit_comes_before_a_filter(orders: str, engine: Any) -> None:
    frame = avroscan.read_avro(orders)
    keep = pl.col("id") % 2 == 1
    for keep in (pl.col("id") >= 4, pl.col("id") % 2 == 1, pl.col("note").is_null()):
        found = avroscan.scan_avro(orders).head(7).filter(keep).collect(engine=engine)
        assert found.equals(frame.head(7).filter(keep))
        found = avroscan.scan_avro(orders).filter(keep).head(7).collect(engine=engine)
        assert found.equals(frame.filter(keep).head(7))
        found = avroscan.scan_avro(orders, n_rows=9).filter(keep).collect(engine=engine)
        assert found.equals(frame.head(9).filter(keep))


@pytest.mark.parametrize("engine", ENGINES)
def test_limits_combine(orders: str, engine: Any) -> None:
    scan = avroscan.scan_avro(orders, n_rows=5)
    assert scan.head(10).collect(engine=engine).height == 5
    assert scan.head(3).collect(engine=engine)["id"].to_list() == [0, 1, 2]
    assert avroscan.scan_avro(orders, n_rows=0).collect(engine=engine).height == 0
    assert avroscan.scan_avro(orders).tail(3).collect(engine=engine)["id"].to_list() == [4997, 4998, 4999]


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_of_rows_and_files_alone_have_all_rows(two: list[str], engine: Any) -> None:
    scan = avroscan.scan_avro(two, row_index_name="row", include_file_paths="path")
    rows = scan.select("row").collect(engine=engine)["row"]
    assert rows.to_list() == list(range(1000))
    paths = scan.select("path").collect(engine=engine)["path"]
    assert paths.to_list() == [two[0]] * 700 + [two[1]] * 300
    assert scan.select(pl.len()).collect(engine=engine).item() == 1000
    assert scan.select(pl.lit(1)).collect(engine=engine).height == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_are_numbered_before_any_filter(two: list[str], engine: Any) -> None:
    scan = avroscan.scan_avro(two, row_index_name="row", row_index_offset=10)
    found = scan.filter(pl.col("id") >= 990).select("row", "id").collect(engine=engine)
    assert found.rows() == [(number + 10, number) for number in range(990, 1000)]
    found = scan.filter(pl.col("row") == 15).collect(engine=engine)
    assert found["id"].to_list() == [5]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_may_come_twice(two: list[str], engine: Any) -> None:
    scan = avroscan.scan_avro([two[0], two[0]])
    assert scan.collect(engine=engine).height == 1400
    both = pl.concat([avroscan.scan_avro(two[0]), avroscan.scan_avro(two[0])])
    assert both.collect(engine=engine).height == 1400


def test_files_are_chosen_by_their_paths(two: list[str]) -> None:
    Path(two[0]).write_bytes(Path(two[0]).read_bytes()[:-100])
    scan = avroscan.scan_avro(two, include_file_paths="path")
    found = scan.filter(pl.col("path") == two[1]).collect()
    assert found["id"].to_list() == list(range(700, 1000)), "the damaged file is not read"
    with pytest.raises(avroscan.ParseError):
        scan.collect()


def test_columns_that_nobody_wants_are_not_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "x.avro", ORDER, [order(i) for i in range(100)], codec="null")
    data = bytearray(Path(path).read_bytes())
    at = data.index(b"note 1")
    data[at] = 0xFF
    Path(path).write_bytes(bytes(data))
    assert avroscan.scan_avro(path).select("id", "amount").collect().height == 100
    assert avroscan.read_avro(path, columns=["id"]).height == 100
    with pytest.raises(avroscan.DecodeError) as raised:
        avroscan.read_avro(path)
    assert raised.value.field == "note"


def test_columns_by_path_and_by_number(orders: str, order_rows: list[dict[str, Any]]) -> None:
    frame = avroscan.read_avro(orders, columns=["user.email", "id"])
    assert frame.schema == {"user": pl.Struct({"email": pl.String}), "id": pl.Int64}
    assert frame["user"].struct.field("email").to_list() == [r["user"]["email"] for r in order_rows]
    assert avroscan.read_avro(orders, columns=[2, 0]).columns == ["category", "id"]
    scan = avroscan.scan_avro(orders, columns=["id", "user.age"])
    assert scan.collect_schema() == {"id": pl.Int64, "user": pl.Struct({"age": pl.Int32})}
    keep = pl.col("user").struct.field("age") > 80
    assert scan.filter(keep).select("id").collect()["id"].to_list() == [
        row["id"] for row in order_rows if row["user"]["age"] > 80
    ]
    for wrong in (["nope"], ["user.nope"], [99]):
        with pytest.raises(avroscan.SchemaError) as raised:
            avroscan.scan_avro(orders, columns=wrong)
        assert isinstance(raised.value, ValueError)


def test_frames_have_at_most_the_rows_that_were_asked_for(orders: str) -> None:
    scan = avroscan.scan_avro(orders, batch_size=100)
    assert max(frame.height for frame in scan.collect_batches(chunk_size=None)) <= 5000
    with avroscan.AvroReader(orders, batch_size=100) as reader:
        assert [batch.height for batch in reader if batch.height > 100] == []


def test_a_query_sees_the_file_as_it_is_when_it_runs(tmp_path: Path) -> None:
    path = write(tmp_path / "x.avro", ORDER, [order(0)])
    scan = avroscan.scan_avro(path)
    assert scan.collect().height == 1
    write(tmp_path / "x.avro", ORDER, [order(0), order(1)])
    assert scan.collect().height == 2


def test_an_empty_file_has_its_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "x.avro", ORDER, [])
    for engine in ENGINES:
        frame = avroscan.scan_avro(path).filter(pl.col("id") > 3).collect(engine=engine)
        assert frame.height == 0
        assert frame.schema == avroscan.read_avro_schema(path)
