"""Everything that rows can be read from."""

from __future__ import annotations

import io
import os
import pathlib
import pickle
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ORDER, encode, order, write

import avroscan

ROWS = [order(i) for i in range(300)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(write(tmp_path / "x.avro", ORDER, ROWS))


def check(source: Any, rows: int = 300) -> None:
    assert avroscan.read_avro(source).height == rows
    assert avroscan.scan_avro(source).collect().height == rows
    assert avroscan.count_rows(source) == rows
    assert len(avroscan.read_avro_schema(source)) == len(ORDER["fields"])
    assert sum(frame.height for frame in avroscan.MultiAvroReader(source)) == rows


def test_paths(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(path)
    check(str(path))
    check(pathlib.PurePath(path))
    check(f"file://{path}")
    check([path, str(path)], 600)
    check((path,))
    check(iter([path]) and [path])
    monkeypatch.chdir(path.parent)
    check("x.avro")
    check("./x.avro")
    monkeypatch.setenv("HOME", str(path.parent))
    check("~/x.avro")


def test_patterns_and_directories(path: Path) -> None:
    write(path.parent / "deep" / "y.avro", ORDER, ROWS[:10])
    write(path.parent / "deep" / "_hidden.avro", ORDER, ROWS[:10])
    folder = path.parent
    check(folder, 310)
    check(f"{folder}/", 310)
    check(f"{folder}/*.avro")
    check(f"{folder}/**/*.avro", 310)
    check(f"{folder}/{{x,deep/y}}.avro", 310)
    check([f"{folder}/x*", folder], 610)


def test_names_that_look_like_patterns(path: Path) -> None:
    odd = path.parent / "x[1]*.avro"
    odd.write_bytes(path.read_bytes())
    check(odd)
    assert avroscan.read_avro(odd, glob=False).height == 300
    with pytest.raises(avroscan.FileNotFoundError):
        avroscan.read_avro(f"{path.parent}/*.avro", glob=False)


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX alone")
def test_names_that_are_not_text(path: Path) -> None:
    odd = os.path.join(os.fsencode(path.parent), b"x\xff.avro")
    try:
        Path(os.fsdecode(odd)).write_bytes(path.read_bytes())
    except OSError:
        pytest.skip("the file system refuses the name")
    assert avroscan.read_avro(Path(os.fsdecode(odd))).height == 300


def test_bytes(path: Path) -> None:
    data = path.read_bytes()
    for source in (data, bytearray(data), memoryview(data), io.BytesIO(data)):
        check(source)
    check([data, path], 600)


def test_file_objects(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(10)
        check(file)
    with path.open("rb", buffering=0) as file:
        check(file)
    with path.open() as file, pytest.raises(avroscan.ConfigurationError, match="text"):
        avroscan.read_avro(file)  # type: ignore[arg-type]


class Custom:
    """A file object of which nothing is known but that it can seek and read."""

    def __init__(self, data: bytes, *, at_once: int = 1 << 30, fails: bool = False) -> None:
        self.inner = io.BytesIO(data)
        self.at_once = at_once
        self.fails = fails

    def seek(self, *where: int) -> int:
        return self.inner.seek(*where)

    def read(self, size: int = -1) -> bytes:
        if self.fails and self.inner.tell() > 1000:
            raise LookupError("the tape is torn")
        return self.inner.read(min(size, self.at_once) if size >= 0 else size)


@pytest.mark.parametrize("at_once", [1 << 30, 1000])
def test_custom_file_objects(at_once: int) -> None:
    data = encode(ORDER, ROWS)
    check(Custom(data, at_once=at_once))
    check([Custom(data, at_once=at_once), Custom(data)], 600)


def test_what_a_file_object_raises_is_raised() -> None:
    data = encode(ORDER, [order(i) for i in range(100_000)], codec="null")
    with pytest.raises(LookupError, match="torn"):
        avroscan.read_avro(Custom(data, fails=True))
    with pytest.raises(LookupError, match="torn"):
        avroscan.scan_avro(Custom(data, fails=True)).collect()


def test_file_objects_that_cannot_seek(path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.file = path.open("rb")

        def read(self, size: int = -1) -> bytes:
            return self.file.read(size)

        def seekable(self) -> bool:
            return False

    assert avroscan.read_avro(Pipe()).height == 300


def test_fsspec(path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/x.avro", path.read_bytes())
    with memory.open("/bucket/x.avro", "rb") as file:
        check(file)
        frame = avroscan.read_avro(file, include_file_paths="path")
        assert frame["path"][0] == "/bucket/x.avro"
    with fsspec.open(str(path), "rb") as file:
        check(file)


def test_what_cannot_be_read_from() -> None:
    for source in (5, None, [5], object()):
        with pytest.raises(TypeError):
            avroscan.scan_avro(source)  # type: ignore[arg-type]
    with pytest.raises(avroscan.ConfigurationError):
        avroscan.scan_avro("gopher://x/y.avro")


def test_directories_become_columns(tmp_path: Path) -> None:
    for day in ("2024-01-01", "2024-01-02"):
        for part in (1, 2):
            folder = tmp_path / f"day={day}" / f"part={part}" / "name=a%2Fb"
            write(folder / "x.avro", ORDER, ROWS[:3])
    write(tmp_path / "day=2024-01-03" / "part=__HIVE_DEFAULT_PARTITION__" / "name=c" / "x.avro", ORDER, ROWS[:1])
    scan = avroscan.scan_avro(tmp_path)
    schema = scan.collect_schema()
    assert (schema["day"], schema["part"], schema["name"]) == (pl.Date, pl.Int64, pl.String)
    frame = scan.collect()
    assert frame["name"].unique().sort().to_list() == ["a/b", "c"]
    assert frame["part"].to_list()[-1] is None
    found = scan.filter(pl.col("part") == 2, pl.col("id") > 0).select("id", "day").collect()
    assert found.height == 4
    plain = avroscan.read_avro(tmp_path, hive_partitioning=False)
    assert "day" not in plain.columns
    typed = avroscan.read_avro(tmp_path, hive_schema={"part": pl.Float64, "day": pl.String})
    assert (typed.schema["part"], typed.schema["day"]) == (pl.Float64, pl.String)
    text = avroscan.read_avro(tmp_path, try_parse_hive_dates=False)
    assert text.schema["day"] == pl.String
    with pytest.raises(avroscan.ConfigurationError):
        avroscan.read_avro(tmp_path, hive_schema={"name": pl.Int64})


def test_files_are_passed_over_by_their_directories(tmp_path: Path) -> None:
    write(tmp_path / "k=1" / "x.avro", ORDER, ROWS[:5])
    broken = Path(write(tmp_path / "k=2" / "x.avro", ORDER, ROWS[:5]))
    broken.write_bytes(broken.read_bytes()[:-3])
    scan = avroscan.scan_avro(tmp_path)
    assert scan.filter(pl.col("k") == 1).collect().height == 5
    assert scan.filter(pl.col("k").is_in([1, 3])).collect().height == 5
    assert scan.filter((pl.col("k") == 3) | (pl.col("k") > 5)).collect().height == 0
    with pytest.raises(avroscan.ParseError):
        scan.filter((pl.col("k") == 1) | (pl.col("id") == 2)).collect()


def test_a_directory_may_be_called_as_a_column(tmp_path: Path) -> None:
    write(tmp_path / "category=all" / "x.avro", ORDER, ROWS[:2])
    frame = avroscan.read_avro(tmp_path)
    assert frame.columns == [field["name"] for field in ORDER["fields"]]
    assert frame["category"].to_list() == ["all", "all"]


def test_scans_can_be_pickled(path: Path) -> None:
    for source in (str(path), [path], path.read_bytes()):
        scan = avroscan.scan_avro(source, n_rows=7).filter(pl.col("id") > 2)
        again = pickle.loads(pickle.dumps(scan))
        assert again.collect().height == 4
