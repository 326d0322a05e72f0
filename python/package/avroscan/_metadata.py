"""What files say of themselves."""

from __future__ import annotations

from typing import NamedTuple


class FileMetadata(NamedTuple):
    """What the header of a file holds.

    A tuple of four, so ``for file, codec, schema, entries in read_avro_metadata(..)`` works.
    """

    file: str
    """The path or URL."""

    codec: str
    """``"null"``, ``"deflate"``, ``"snappy"``, ``"zstandard"``, ``"bzip2"`` or ``"xz"``."""

    schema: str
    """The Avro schema that the file was written with, as JSON."""

    entries: list[tuple[str, bytes]]
    """All entries in the order of the file, ``avro.schema`` and ``avro.codec`` included. A key may
    occur twice."""

    def as_dict(self) -> dict[str, bytes]:
        """The entries as a dictionary; of a key that occurs twice, the last."""
        return dict(self.entries)
