"""Iterators of frames."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ORDER, order, write

import avroscan


@pytest.mark.parametrize("size", [1, 7, 100, 4999, 5000, 1_000_000])
def test_frames_are_as_large_as_asked_for_at_most(
    orders: str, order_rows: list[dict[str, Any]], size: int
) -> None:
    with avroscan.AvroReader(orders, batch_size=size) as reader:
        frames = list(reader)
        assert reader.is_finished
        assert reader.rows_read == 5000
        assert reader.bytes_done == reader.bytes_total == Path(orders).stat().st_size
    assert max(frame.height for frame in frames) <= size
    assert pl.concat(frames).rows(named=True) == order_rows


def test_what_a_reader_says_of_its_file(orders: str) -> None:
    reader = avroscan.AvroReader(orders, batch_size=100, projected_columns=["id", "user.age"])
    assert json.loads(reader.schema) == reader.schema_dict
    assert reader.schema_dict["name"] == "Order"
    assert reader.polars_schema == {"id": pl.Int64, "user": pl.Struct({"age": pl.Int32})}
    assert (reader.codec, reader.batch_size, reader.pending_records) == ("deflate", 100, 0)
    assert reader.metadata["avro.codec"] == b"deflate"
    assert next(reader).schema == reader.polars_schema
    assert (reader.rows_read, reader.is_finished) == (100, False)
    assert 0 < reader.bytes_done < reader.bytes_total
    assert "orders.avro" in repr(reader)
    assert bool(reader), "a reader has no length"


def test_after_its_block_a_reader_ends_and_keeps_its_counters(orders: str) -> None:
    with avroscan.AvroReader(orders, batch_size=100) as reader:
        next(reader)
        assert reader.__exit__(None, None, None) is False
        assert reader.is_finished
        assert list(reader) == []
    assert reader.rows_read == 100
    assert reader.schema_dict["name"] == "Order"
    assert reader.error_count == 0


def test_files_follow_one_another(tmp_path: Path) -> None:
    paths = [
        write(tmp_path / f"{number}.avro", ORDER, [order(number * 100 + i) for i in range(100)])
        for number in range(3)
    ]
    options: Any = {"row_index_name": "row", "row_index_offset": 5, "include_file_paths": "path"}
    with avroscan.MultiAvroReader(paths, n_rows=250, batch_size=30, **options) as reader:
        assert (reader.total_sources, reader.current_source_index) == (3, 0)
        found = []
        for frame in reader:
            assert frame["path"].n_unique() == 1, "no frame has rows of two files"
            assert frame["path"][0] == paths[reader.current_source_index]
            assert frame.height <= 30
            found.append(frame)
        assert (reader.rows_read, reader.current_source_index) == (250, 2)
    frame = pl.concat(found)
    assert frame["row"].to_list() == list(range(5, 255))
    assert frame["id"].to_list() == list(range(250))
    assert frame.columns[0] == "row"
    assert frame.columns[-1] == "path"


def test_no_files_are_an_error() -> None:
    for read in (avroscan.MultiAvroReader, avroscan.scan_avro, avroscan.read_avro, avroscan.open):
        with pytest.raises(avroscan.ConfigurationError):
            read([])


@pytest.mark.parametrize("threads", [4])
def test_threads_share_a_reader(orders: str, threads: int) -> None:
    reader = avroscan.AvroReader(orders, batch_size=37)
    found: list[int] = []
    lock = threading.Lock()

    def take() -> None:
        for frame in reader:
            with lock:
                found.extend(frame["id"].to_list())

    running = [threading.Thread(target=take) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    assert sorted(found) == list(range(5000))


def test_progress_is_told_after_each_batch(orders: str) -> None:
    told: list[tuple[int, int]] = []
    frame = avroscan.scan_avro(orders, progress=lambda *now: told.append(now), batch_size=500).collect()
    assert frame.height == 5000
    assert len(told) > 5
    assert told == sorted(told)
    assert told[-1] == (Path(orders).stat().st_size,) * 2

    def fails(_done: int, _total: int) -> None:
        raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        avroscan.read_avro(orders, progress=fails)
    with pytest.raises(avroscan.ConfigurationError):
        avroscan.read_avro(orders, progress=5)  # type: ignore[arg-type]


def test_tqdm_shows_bytes(orders: str) -> None:
    tqdm = pytest.importorskip("tqdm").tqdm
    with avroscan.AvroReader(orders, batch_size=100) as reader, tqdm(
        total=reader.bytes_total, disable=True
    ) as bar:
        for _ in reader:
            bar.update(reader.bytes_done - bar.n)
        assert reader.bytes_done == reader.bytes_total


WRONG: list[dict[str, Any]] = [
    {"batch_size": 0},
    {"batch_size": -1},
    {"batch_size": "many"},
    {"buffer_blocks": -1},
    {"n_rows": -1},
    {"n_rows": 1.5},
    {"workers": 0},
    {"max_block_size": 0},
    {"row_index_name": "id"},
    {"row_index_name": "row", "row_index_offset": -1},
    {"row_index_name": "row", "row_index_offset": 2**32},
    {"include_file_paths": "id"},
    {"row_index_name": "p", "include_file_paths": "p"},
    {"schema_mode": "last"},
    {"maps": "dict"},
    {"leftover_bytes": "keep"},
    {"skip_budget": -1},
    {"skip_budget": {"rows": 1}},
    {"skip_budget": {"fraction": 2.0}},
    {"columns": "id"},
    {"columns": [1.5]},
]


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_arguments_that_cannot_be_are_refused(orders: str, options: dict[str, Any]) -> None:
    for read in (avroscan.scan_avro, avroscan.read_avro, avroscan.open):
        with pytest.raises(avroscan.ConfigurationError) as raised:
            read(orders, **options)
        assert isinstance(raised.value, ValueError)
        assert str(raised.value) == raised.value.message


def test_unknown_keywords_are_a_type_error(orders: str) -> None:
    for read in (avroscan.scan_avro, avroscan.read_avro, avroscan.open, avroscan.AvroReader):
        with pytest.raises(TypeError, match="unexpected keyword"):
            read(orders, bath_size=5)  # type: ignore[call-arg]


def test_reader_schemas(orders: str) -> None:
    wanted = {
        "type": "record",
        "name": "Order",
        "fields": [
            {"name": "id", "type": "double"},
            {"name": "added", "type": "string", "default": "none"},
        ],
    }
    for schema in (wanted, json.dumps(wanted)):
        frame = avroscan.read_avro(orders, reader_schema=schema, n_rows=2)
        assert frame.rows() == [(0.0, "none"), (1.0, "none")]
    with pytest.raises(avroscan.SchemaError):
        avroscan.read_avro(orders, reader_schema="{not json")
    with pytest.raises(avroscan.ConfigurationError):
        avroscan.read_avro(orders, reader_schema=wanted, schema_mode="union_by_name")


def test_columns_of_all_files(tmp_path: Path) -> None:
    def file(name: str, *fields: str) -> str:
        schema = {
            "type": "record",
            "name": "R",
            "fields": [{"name": field, "type": "int"} for field in fields],
        }
        return write(tmp_path / name, schema, [dict.fromkeys(fields, 1)])

    paths = [file("a.avro", "x"), file("b.avro", "x", "y")]
    frame = avroscan.read_avro(paths, schema_mode="union_by_name")
    assert frame.rows() == [(1, None), (1, 1)]
    assert avroscan.read_avro(paths).columns == ["x"]
