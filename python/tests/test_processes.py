"""Processes, threads, signals, and the end of the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import ORDER, encode, order

import avroscan


def run(code: str, *arguments: str, limit: int = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_reads(orders: str) -> None:
    code = """
    import os, sys, warnings
    warnings.simplefilter("ignore")
    import avroscan
    path = sys.argv[1]
    reader = avroscan.AvroReader(path, batch_size=10)
    next(reader)
    assert sum(batch.height for batch in avroscan.AvroReader(path)) == 5000
    for depth in range(2):
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            os._exit(os.waitstatus_to_exitcode(status))
    try:
        next(reader)
        os._exit(3)
    except avroscan.ConfigurationError:
        pass
    assert avroscan.count_rows(path) == 5000
    assert sum(batch.height for batch in avroscan.AvroReader(path, batch_size=100)) == 5000
    del reader
    print("read", flush=True)
    os._exit(7)
    """
    done = run(code, orders)
    assert (done.returncode, done.stdout) == (7, "read\n"), done.stderr


def test_pools_of_processes_read(orders: str) -> None:
    code = """
    import multiprocessing, sys
    import avroscan

    def rows(path):
        return sum(batch.height for batch in avroscan.AvroReader(path))

    if __name__ == "__main__":
        path = sys.argv[1]
        assert rows(path) == 5000
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(rows, [path] * 4) == [5000] * 4
    """
    done = run("import warnings; warnings.simplefilter('ignore')\n" + textwrap.dedent(code), orders)
    assert done.returncode == 0, done.stderr


def test_exit_with_a_live_reader(orders: str) -> None:
    code = """
    import sys
    import avroscan
    reader = avroscan.AvroReader(sys.argv[1], batch_size=10)
    next(reader)
    keep = avroscan.open(sys.argv[1])
    stream = keep.__arrow_c_stream__()
    print("done")
    """
    done = run(code, orders)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


SLOW = """
    import io, os, signal, sys, threading, time
    import avroscan

    class Slow:
        def __init__(self, data):
            self.inner = io.BytesIO(data)
        def seek(self, *where):
            return self.inner.seek(*where)
        def read(self, size=-1):
            if self.inner.tell() > 2000:
                started.set()
                time.sleep(600)
            return self.inner.read(size)

    started = threading.Event()

    def interrupt():
        started.wait()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    data = open(sys.argv[1], "rb").read()
    try:
        {read}
    except KeyboardInterrupt:
        # Polars raises one, and the interpreter another.
        try:
            time.sleep(0.01)
        except KeyboardInterrupt:
            pass
        print("interrupted", flush=True)
        os._exit(0)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize(
    "read",
    [
        "list(avroscan.AvroReader(Slow(data)))",
        "avroscan.read_avro(Slow(data))",
        "avroscan.scan_avro(Slow(data)).collect(engine='in-memory')",
        "avroscan.scan_avro(Slow(data)).collect(engine='streaming')",
    ],
)
def test_ctrl_c_ends_a_wait(tmp_path: Path, read: str) -> None:
    path = tmp_path / "x.avro"
    path.write_bytes(encode(ORDER, [order(i) for i in range(200_000)], codec="null"))
    done = run(SLOW.format(read=read), str(path))
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_threads_read_at_the_same_time(orders: str) -> None:
    def rows(number: int) -> int:
        if number % 2:
            return avroscan.read_avro(orders).height
        return sum(frame.height for frame in avroscan.AvroReader(orders, batch_size=100))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(rows, range(32))) == [5000] * 32


def test_queries_of_threads(orders: str) -> None:
    scan: Any = avroscan.scan_avro(orders)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: scan.head(n + 1).collect().height, range(16)))
    assert found == list(range(1, 17))


def test_an_import_needs_nothing_else(orders: str) -> None:
    code = """
    import sys
    for name in ("polars", "pyarrow", "pandas", "numpy", "duckdb"):
        sys.modules[name] = None
    import avroscan
    assert avroscan.count_rows(sys.argv[1]) == 5000
    assert len(avroscan.read_avro_metadata(sys.argv[1])) == 1
    assert avroscan.open(sys.argv[1], row_index_name="row").columns[0] == "row"
    """
    done = run(code, orders)
    assert done.returncode == 0, done.stderr
