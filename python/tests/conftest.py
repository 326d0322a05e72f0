"""Files for the tests, written by fastavro, an implementation of the format that is not ours."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest

ROOT = Path(__file__).resolve().parents[2]

ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "amount", "type": "double"},
        {"name": "category", "type": "string"},
        {"name": "note", "type": ["null", "string"]},
        {
            "name": "user",
            "type": {
                "type": "record",
                "name": "User",
                "fields": [
                    {"name": "email", "type": ["null", "string"]},
                    {"name": "age", "type": "int"},
                ],
            },
        },
    ],
}


def order(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "amount": (number * 7 % 1000) / 4 - 50,
        "category": ["books", "games", "tools"][number % 3],
        "note": None if number % 5 == 0 else f"note {number}",
        "user": {"email": None if number % 4 == 0 else f"u{number}@x.org", "age": number % 90},
    }


def encode(schema: Any, rows: list[Any], *, codec: str = "deflate", block: int = 4000) -> bytes:
    """The bytes of a file whose blocks have about so many bytes before compression."""
    out = io.BytesIO()
    fastavro.writer(out, schema, rows, codec=codec, sync_interval=block)
    return out.getvalue()


def write(path: Path, schema: Any, rows: list[Any], **options: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(schema, rows, **options))
    return str(path)


@pytest.fixture(scope="session")
def orders(tmp_path_factory: pytest.TempPathFactory) -> str:
    """5,000 orders in some dozens of blocks."""
    path = tmp_path_factory.mktemp("orders") / "orders.avro"
    return write(path, ORDER, [order(i) for i in range(5000)])


@pytest.fixture(scope="session")
def order_rows() -> list[dict[str, Any]]:
    return [order(i) for i in range(5000)]


@pytest.fixture
def damaged(tmp_path: Path) -> str:
    """A file of which one block in the middle does not decompress."""
    data = bytearray(encode(ORDER, [order(i) for i in range(1000)], codec="deflate", block=2000))
    middle = len(data) // 2
    for at in range(middle, middle + 8):
        data[at] ^= 0xFF
    path = tmp_path / "damaged.avro"
    path.write_bytes(bytes(data))
    return str(path)


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """The variables that lead to an S3 server with the bucket `bucket`."""
    if "AVROSCAN_REQUIRE_S3" not in os.environ:
        pytest.importorskip("moto.server", reason="there is no S3 test server")
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    variables = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}",
    }
    client = boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket="bucket")
    for number in range(3):
        rows = [order(i) for i in range(number * 100, number * 100 + 100)]
        client.put_object(Bucket="bucket", Key=f"orders/{number}.avro", Body=encode(ORDER, rows))
    client.put_object(Bucket="bucket", Key="broken.avro", Body=b"not an Avro file")
    yield variables
    server.stop()
