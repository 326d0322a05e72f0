"""Objects of an S3 server."""

from __future__ import annotations

import os
from typing import Any

import polars as pl
import pytest

import avroscan

URL = "s3://bucket/orders/0.avro"


@pytest.fixture
def options(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Storage options, and an environment that knows nothing."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    return {
        "endpoint": s3["AWS_ENDPOINT_URL"],
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
        "region": "us-east-1",
    }


def test_objects_patterns_and_prefixes(options: dict[str, str]) -> None:
    with_options: Any = {"storage_options": options}
    assert avroscan.read_avro(URL, **with_options).height == 100
    assert avroscan.count_rows("s3://bucket/orders/*.avro", **with_options) == 300
    scan = avroscan.scan_avro("s3://bucket/orders/", include_file_paths="path", **with_options)
    found = scan.filter(pl.col("id") >= 250).select("path").unique().collect()
    assert found["path"].to_list() == ["s3://bucket/orders/2.avro"]
    with avroscan.AvroReader(URL, batch_size=30, **with_options) as reader:
        assert sum(frame.height for frame in reader) == 100
    assert len(avroscan.read_avro_schema(URL, **with_options)) == 5
    assert avroscan.read_avro_metadata(URL, **with_options)[0].file == URL


def test_the_environment(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    assert avroscan.read_avro(URL).height == 100


def test_options_that_are_no_text(options: dict[str, str]) -> None:
    more = {**options, "allow_http": True, "max_attempts": 3}
    assert avroscan.read_avro(URL, storage_options=more).height == 100
    assert avroscan.read_avro(URL, storage_options={**options, "max_retries": "0"}).height == 100
    with pytest.raises(avroscan.ConfigurationError, match="max_retries"):
        avroscan.read_avro(URL, storage_options={**options, "max_retries": "few"})
    with pytest.raises(avroscan.ConfigurationError, match="no_such_option"):
        avroscan.read_avro(URL, storage_options={**options, "no_such_option": 1})


def test_credentials_from_a_callable(options: dict[str, str]) -> None:
    asked = []

    def credentials() -> tuple[dict[str, str | None], int | None]:
        asked.append(1)
        return {
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
            "aws_session_token": None,
        }, None

    rest = {key: value for key, value in options.items() if not key.startswith("aws_")}
    scan = avroscan.scan_avro(URL, storage_options=rest, credential_provider=credentials)
    assert scan.collect().height == 100
    assert asked


def test_errors(options: dict[str, str]) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        avroscan.read_avro("s3://bucket/nothing.avro", storage_options=options)
    assert isinstance(missing.value, avroscan.FileNotFoundError)
    assert isinstance(missing.value, avroscan.SourceError)
    assert missing.value.path == "s3://bucket/nothing.avro"
    with pytest.raises(FileNotFoundError):
        avroscan.scan_avro("s3://bucket/nothing/*.avro", storage_options=options)
    with pytest.raises(avroscan.ParseError):
        avroscan.read_avro("s3://bucket/broken.avro", storage_options=options)
    nobody = {**options, "endpoint": "http://127.0.0.1:1", "max_attempts": "1", "max_wait": "1"}
    with pytest.raises(avroscan.SourceError) as refused:
        avroscan.read_avro(URL, storage_options=nobody)
    assert refused.value.path == URL
