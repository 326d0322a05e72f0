"""A file that is larger than the memory that may be used is read."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import ORDER, encode, order

if not sys.platform.startswith("linux"):
    pytest.skip("the peak is read from /proc", allow_module_level=True)

CAP = 256 << 20

READ = {
    "sink_parquet": "avroscan.scan_avro(path).sink_parquet(path + '.parquet')",
    "filter": "import polars as pl\n"
    "avroscan.scan_avro(path).filter(pl.col('id') == 5).collect(engine='streaming')",
    "iterate": "for batch in avroscan.AvroReader(path): assert batch.height > 0",
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """More than the cap as it is, and a multiple of it in memory."""
    data = encode(ORDER, [order(i) for i in range(20_000)], codec="null", block=100_000)
    header = len(encode(ORDER, [], codec="null"))
    path: Path = tmp_path_factory.mktemp("large") / "large.avro"
    with path.open("wb") as file:
        file.write(data[:header])
        for _ in range(300 * (1 << 20) // (len(data) - header) + 1):
            file.write(data[header:])
    assert path.stat().st_size > CAP
    return str(path)


@pytest.mark.parametrize("name", READ)
def test_memory_is_bounded(large: str, name: str) -> None:
    code = rf"""
    import re, sys
    import avroscan
    path = sys.argv[1]
    {textwrap.indent(READ[name], "    ").strip()}
    print(int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) * 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), large],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < CAP
