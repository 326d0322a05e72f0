"""The blocks of guides are run as they are written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ORDER, ROOT, order, write

STREAMING = ROOT.parent / "shared" / "guide" / "jetliner-streaming.md"
if "AVROSCAN_GUIDE" in os.environ:
    STREAMING = Path(os.environ["AVROSCAN_GUIDE"])
OWN = [ROOT / "docs" / "python.md", ROOT / "README.md", ROOT / "python" / "README.md"]


def blocks(page: Path) -> list[str]:
    text = page.read_text() if page.exists() else ""
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """The files that the guides speak of."""
    rows = [order(i) for i in range(30_000)]
    for name in ("data", "large_file", "huge_file", "input", "orders"):
        write(tmp_path / f"{name}.avro", ORDER, rows, block=16_000)
    for number in range(3):
        write(tmp_path / "orders" / f"{number}.avro", ORDER, rows[number * 100 : number * 100 + 100])
    for day in ("2024-01-01", "2024-01-02"):
        write(tmp_path / "events" / f"day={day}" / "part.avro", ORDER, rows[:50])
    (tmp_path / "output").mkdir()
    return tmp_path


def run(code: str, workplace: Path, variables: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", code],
        cwd=workplace,
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


def test_the_streaming_guide_has_its_blocks() -> None:
    if not STREAMING.exists():
        pytest.skip(f"{STREAMING} is not there")
    assert len(blocks(STREAMING)) == 13


@pytest.mark.parametrize("number", range(13))
def test_a_block_of_the_streaming_guide_runs(number: int, workplace: Path) -> None:
    if not STREAMING.exists():
        pytest.skip(f"{STREAMING} is not there")
    code = blocks(STREAMING)[number]
    assert "import jetliner" in code
    code = code.replace("import jetliner", "import avroscan as jetliner")
    lead = "import polars as pl\ndef process(batch): assert batch.height > 0\n"
    call = ""
    if "def lambda_handler" in code:
        call = "\nassert len(lambda_handler({'s3_uri': 'data.avro'}, None)) > 0\n"
    run(lead + code + call, workplace)


@pytest.mark.parametrize(
    ("page", "number"),
    [(page, number) for page in OWN for number in range(len(blocks(page)))],
    ids=lambda value: value.name if isinstance(value, Path) else str(value),
)
def test_a_block_of_our_pages_runs(
    page: Path, number: int, workplace: Path, request: pytest.FixtureRequest
) -> None:
    code = blocks(page)[number]
    run(code, workplace, request.getfixturevalue("s3") if "s3://" in code else None)
