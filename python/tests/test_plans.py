"""Random plans give what the same plan over a frame in memory gives."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ORDER, order, write
from polars.testing import assert_frame_equal

import avroscan


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("plans")
    sizes = [300, 0, 1, 500]
    paths = []
    start = 0
    for number, size in enumerate(sizes):
        rows = [order(i) for i in range(start, start + size)]
        paths.append(write(Path(folder) / f"{number}.avro", ORDER, rows, block=700))
        start += size
    return paths


def step(frame: pl.LazyFrame, pick: random.Random) -> pl.LazyFrame:
    names = frame.collect_schema().names()
    filters: dict[str, Any] = {
        "id": lambda: pl.col("id") > pick.randrange(800),
        "amount": lambda: pl.col("amount") <= pick.randrange(-50, 200),
        "category": lambda: pl.col("category").is_in(["books", "tools"]),
        "note": lambda: pl.col("note").is_null() | pl.col("note").str.starts_with("note 1"),
        "user": lambda: pl.col("user").struct.field("age") < pick.randrange(90),
        "row": lambda: pl.col("row") % 3 == 0,
        "path": lambda: pl.col("path").str.ends_with("3.avro"),
    }
    choice = pick.randrange(7)
    if choice <= 2:
        usable = [name for name in filters if name in names]
        return frame.filter(filters[pick.choice(usable)]()) if usable else frame
    if choice == 3:
        return frame.head(pick.choice([0, 1, 5, 50, 400, 5000]))
    if choice == 4:
        return frame.slice(pick.choice([0, 3, 299, 301]), pick.choice([1, 10, 600]))
    if choice == 5:
        return frame.select(pick.sample(names, pick.randrange(1, len(names) + 1)))
    return frame.tail(pick.choice([1, 10, 400]))


@pytest.mark.parametrize("seed", range(150))
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_a_random_plan(files: list[str], seed: int, engine: Any) -> None:
    pick = random.Random(seed)
    options: Any = {
        "row_index_name": pick.choice([None, "row"]),
        "include_file_paths": pick.choice([None, "path"]),
        "batch_size": pick.choice([None, 1, 7, 100]),
        "n_rows": pick.choice([None, None, 3, 305]),
        "workers": pick.choice([None, 1, 3]),
        "buffer_blocks": pick.choice([0, 4]),
    }
    lazy, eager = avroscan.scan_avro(files, **options), avroscan.read_avro(files, **options).lazy()
    for _ in range(pick.randrange(1, 5)):
        state = pick.getstate()
        eager = step(eager, pick)
        pick.setstate(state)
        lazy = step(lazy, pick)
    assert_frame_equal(lazy.collect(engine=engine), eager.collect())


def test_sinks(files: list[str], tmp_path: Path) -> None:
    frame = avroscan.read_avro(files)
    avroscan.scan_avro(files).filter(pl.col("id") > 10).sink_parquet(tmp_path / "x.parquet")
    assert pl.read_parquet(tmp_path / "x.parquet").equals(frame.filter(pl.col("id") > 10))
    avroscan.scan_avro(files).select("id", "category").sink_csv(tmp_path / "x.csv")
    assert pl.read_csv(tmp_path / "x.csv").equals(frame.select("id", "category"))
