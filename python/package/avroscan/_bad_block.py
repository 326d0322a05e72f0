"""What was skipped."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class BadBlockError:
    """A damaged block that ``ignore_errors=True`` left out.

    It is a value, not an exception. Blocks are left out whole: a block with one bad row has none.

    Examples
    --------
    >>> with avroscan.AvroReader("orders.avro", ignore_errors=True) as reader:
    ...     rows = sum(batch.height for batch in reader)
    ...     lost = [error.to_dict() for error in reader.errors]
    """

    kind: str
    """``"InvalidSyncMarker"``, ``"DecompressionFailed(snappy)"`` (with the codec),
    ``"BlockParseFailed"``, ``"RecordDecodeFailed"`` or ``"SchemaViolation"``."""

    block_index: int | None
    """Number of the block, from 0. ``None`` where the blocks before it are not counted."""

    file_offset: int
    """Where the block begins in the file, in bytes."""

    message: str
    """What was found and what was expected."""

    filepath: str | None
    """The file."""

    bytes: int
    """Bytes that were skipped: up to the next good block or the end of the file."""

    rows_lost: int | None
    """Rows that were lost, where that is known."""

    field: str | None
    """The field with the value that cannot be, for example ``"orders[].price"``."""

    @property
    def record_index(self) -> int | None:
        """Always ``None``: blocks are left out whole."""
        return None

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""
        return {**asdict(self), "record_index": self.record_index}

    def __str__(self) -> str:
        block = "" if self.block_index is None else f" Block {self.block_index},"
        return (
            f"[{self.kind}] in '{self.filepath}':{block} offset {self.file_offset}: {self.message}"
        )
