"""Everything that takes Arrow takes opened files, again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ORDER, encode, order, write

import avroscan

pa = pytest.importorskip("pyarrow")


def test_duckdb(orders: str, order_rows: list[dict[str, Any]]) -> None:
    duckdb = pytest.importorskip("duckdb")
    files = avroscan.open(orders)
    query = "SELECT category, count(*), min(id) FROM files WHERE amount > 0 GROUP BY 1 ORDER BY 1"
    for _ in range(2):
        found = duckdb.sql(query).fetchall()
        chosen = [row for row in order_rows if row["amount"] > 0]
        expected = [
            (kind, sum(r["category"] == kind for r in chosen), next(r["id"] for r in chosen if r["category"] == kind))
            for kind in ("books", "games", "tools")
        ]
        assert found == expected
    assert files is not None


def test_pyarrow(orders: str, order_rows: list[dict[str, Any]]) -> None:
    files = avroscan.open(orders)
    table = pa.table(files)
    assert table.to_pylist() == order_rows
    assert pa.table(files).num_rows == 5000, "a second reading"
    assert pa.schema(files) == table.schema
    large = files.to_arrow()
    assert large.schema.field("category").type == pa.large_string()
    assert large.schema.field("user").type.field("email").type == pa.large_string()
    assert large.to_pylist() == order_rows
    assert large.filter(pa.compute.equal(large["category"], "books")).num_rows == 1667


def test_a_consumer_may_ask_for_types(orders: str) -> None:
    files = avroscan.open(orders, columns=["id", "category", "note"])
    wanted = pa.schema([("id", pa.int32()), ("category", pa.string()), ("note", pa.large_string())])
    reader = pa.RecordBatchReader.from_stream(files, schema=wanted)
    assert reader.schema.types == wanted.types
    assert reader.read_all()["id"].to_pylist() == list(range(5000))


def test_pandas(orders: str) -> None:
    pd = pytest.importorskip("pandas")
    frame = avroscan.open(orders).to_pandas()
    assert list(frame["id"]) == list(range(5000))
    assert pd.DataFrame.from_arrow(avroscan.open(orders, columns=["id"])).shape == (5000, 1)


def test_polars(orders: str) -> None:
    files = avroscan.open(orders, row_index_name="row", n_rows=10)
    expected = avroscan.read_avro(orders, row_index_name="row", n_rows=10)
    assert files.to_polars().equals(expected)
    assert files.lazy().collect().equals(expected)
    assert pl.concat(files.batches()).equals(expected)
    assert pl.DataFrame(files).equals(expected)
    assert files.polars_schema == expected.schema
    assert files.columns == expected.columns


def test_what_opened_files_say(orders: str) -> None:
    files = avroscan.open([orders, orders])
    assert files.paths == [orders, orders]
    assert files.count_rows() == 10_000
    assert files.bytes_total == 2 * Path(orders).stat().st_size
    assert files.schema_dict["name"] == "Order"
    assert [file.codec for file in files.metadata] == ["deflate", "deflate"]
    assert "1 more" in repr(files)


def test_a_file_without_columns_has_rows() -> None:
    data = encode({"type": "record", "name": "Nothing", "fields": []}, [{}] * 3)
    assert avroscan.read_avro(data).height == 3
    assert pa.table(avroscan.open(data)).num_rows == 3
    assert avroscan.scan_avro(data, row_index_name="row").collect()["row"].to_list() == [0, 1, 2]


def test_errors_reach_the_consumer(damaged: str) -> None:
    with pytest.raises(Exception, match=r"damaged\.avro"):
        pa.table(avroscan.open(damaged))


def test_streams_that_call_python_do_not_hang(tmp_path: Path) -> None:
    """Polars holds the interpreter's lock while it pulls from a stream."""
    path = write(tmp_path / "x.avro", ORDER, [order(i) for i in range(3000)])

    class Slow:
        def __init__(self) -> None:
            self.file = Path(path).open("rb")

        def seek(self, *where: int) -> int:
            return self.file.seek(*where)

        def read(self, size: int = -1) -> bytes:
            return self.file.read(size)

    told: list[int] = []
    files = avroscan.open(Slow(), progress=lambda done, _: told.append(done))  # type: ignore[arg-type]
    assert pl.DataFrame(files).height == 3000
    assert told
    if hasattr(pl, "scan_arrow_c_stream"):
        assert pl.scan_arrow_c_stream(files).collect().height == 3000
