"""Exceptions of avroscan: what went wrong, and where, as attributes.

All derive from :class:`AvroscanError`. Those that Python has a name for derive from that as well, so
``except FileNotFoundError`` and ``except ValueError`` work as they do elsewhere.

Every exception can be pickled and has ``message``, ``variant`` (the name of the kind of error) and
``to_dict()``. All but :class:`ConfigurationError` have ``path``.
"""

from __future__ import annotations

import builtins
import errno
from typing import Any, ClassVar

__all__ = [
    "AuthenticationError",
    "AvroscanError",
    "CodecError",
    "ColumnNotFoundError",
    "ConfigurationError",
    "DecodeError",
    "FileNotFoundError",
    "InternalError",
    "JetlinerError",
    "OutOfMemoryError",
    "ParseError",
    "PermissionError",
    "PyAuthenticationError",
    "PyCodecError",
    "PyConfigurationError",
    "PyDecodeError",
    "PyFileNotFoundError",
    "PyParseError",
    "PyPermissionError",
    "PySchemaError",
    "PySourceError",
    "SchemaError",
    "SourceError",
]


def _rebuild(cls: type[AvroscanError], attributes: dict[str, Any]) -> AvroscanError:
    return cls(**attributes)


class AvroscanError(Exception):
    """The base class of all exceptions of avroscan.

    Attributes
    ----------
    message
        What was found and what was expected, without the place.
    variant
        The name of the kind of error, for example ``"InvalidSyncMarker"``.
    """

    _label: ClassVar[str] = "Error"
    _attributes: ClassVar[tuple[str, ...]] = ("message", "variant")

    message: str
    variant: str

    def __init__(self, message: str, variant: str = "Unknown") -> None:
        super().__init__(message)
        self.message = message
        self.variant = variant

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""
        return {name: getattr(self, name) for name in self._attributes}

    def __str__(self) -> str:
        place = [
            f"{label} {value}"
            for label, value in self._place()
            if value is not None
        ]
        path = getattr(self, "path", None)
        lead = f"{self._label} in '{path}'" if path else self._label
        where = f" ({', '.join(place)})" if place else ""
        return f"{lead}{where}: {self.message}"

    def __repr__(self) -> str:
        attributes = ", ".join(f"{name}={value!r}" for name, value in self.to_dict().items())
        return f"{type(self).__name__}({attributes})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.to_dict())

    def _place(self) -> list[tuple[str, object]]:
        return []


class DecodeError(AvroscanError):
    """The values in a block are not what the schema says.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path
        The file, if known.
    block_index
        Number of the block, from 0.
    record_index
        Number of the row within its block, from 0.
    file_offset
        Where in the file, in bytes. Inside of a compressed block: where the block begins.
    block_offset
        Always ``None``: `file_offset` says where.
    field
        The field, for example ``"orders[].price"``.
    """

    _label = "Decode error"
    _attributes = (
        "message",
        "variant",
        "path",
        "block_index",
        "record_index",
        "file_offset",
        "block_offset",
        "field",
    )

    def __init__(
        self,
        message: str,
        variant: str = "Decode",
        path: str | None = None,
        block_index: int | None = None,
        record_index: int | None = None,
        file_offset: int | None = None,
        block_offset: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message, variant)
        self.path = path
        self.block_index = block_index
        self.record_index = record_index
        self.file_offset = file_offset
        self.block_offset = block_offset
        self.field = field

    @property
    def offset(self) -> int | None:
        """The same as `file_offset`."""
        return self.file_offset

    def _place(self) -> list[tuple[str, object]]:
        return [
            ("field", self.field),
            ("block", self.block_index),
            ("record", self.record_index),
            ("offset", self.file_offset),
        ]


class ParseError(AvroscanError):
    """The file is no Avro file, or its header, the frame of a block or a marker is damaged.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path
        The file, if known.
    file_offset
        Where in the file, in bytes.
    """

    _label = "Parse error"
    _attributes = ("message", "variant", "path", "file_offset")

    def __init__(
        self,
        message: str,
        variant: str = "Parse",
        path: str | None = None,
        file_offset: int | None = None,
    ) -> None:
        super().__init__(message, variant)
        self.path = path
        self.file_offset = file_offset

    @property
    def offset(self) -> int | None:
        """The same as `file_offset`."""
        return self.file_offset

    def _place(self) -> list[tuple[str, object]]:
        return [("offset", self.file_offset)]


class SchemaError(AvroscanError):
    """A schema is not valid, cannot be read, or does not fit another.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path
        The file, if known.
    schema_context
        The field that it is about, if any.
    """

    _label = "Schema error"
    _attributes = ("message", "variant", "path", "schema_context")

    def __init__(
        self,
        message: str,
        variant: str = "Schema",
        path: str | None = None,
        schema_context: str | None = None,
    ) -> None:
        super().__init__(message, variant)
        self.path = path
        self.schema_context = schema_context

    def _place(self) -> list[tuple[str, object]]:
        return [("field", self.schema_context)]


class ColumnNotFoundError(SchemaError, builtins.ValueError):
    """A column that was asked for does not exist; the message names those that do.

    Attributes
    ----------
    message, variant, path, schema_context
        As :class:`SchemaError` has them.
    """

    _label = "Column not found"


class CodecError(AvroscanError):
    """A block does not decompress, is too large, or its codec is unknown.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path
        The file, if known.
    codec
        The name of the codec; empty if unknown.
    block_index
        Number of the block, from 0.
    file_offset
        Where the block begins in the file, in bytes.
    """

    _label = "Codec error"
    _attributes = ("message", "variant", "path", "codec", "block_index", "file_offset")

    def __init__(
        self,
        message: str,
        variant: str = "Codec",
        path: str | None = None,
        codec: str = "",
        block_index: int | None = None,
        file_offset: int | None = None,
    ) -> None:
        super().__init__(message, variant)
        self.path = path
        self.codec = codec
        self.block_index = block_index
        self.file_offset = file_offset

    def _place(self) -> list[tuple[str, object]]:
        return [
            ("codec", self.codec or None),
            ("block", self.block_index),
            ("offset", self.file_offset),
        ]


class SourceError(AvroscanError):
    """Reading failed: the system, the network or the store said no.

    What is missing or not allowed has a class of its own below this one.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path
        The file or URL, if known.
    """

    _label = "Source error"
    _attributes = ("message", "variant", "path")

    def __init__(
        self, message: str, variant: str = "Source", path: str | None = None
    ) -> None:
        super().__init__(message, variant)
        self.path = path


class AuthenticationError(SourceError):
    """A store does not know who asks: credentials are missing, wrong or expired.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path
        The URL, if known.
    """

    _label = "Authentication failed"

    def __init__(
        self, message: str, variant: str = "AuthenticationFailed", path: str | None = None
    ) -> None:
        super().__init__(message, variant)
        self.path = path


class FileNotFoundError(SourceError, builtins.FileNotFoundError):
    """A file, object or directory does not exist, or nothing matches a pattern.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path, filename
        What was looked for.
    errno
        ``errno.ENOENT``.
    """

    def __init__(
        self, message: str, variant: str = "NotFound", path: str | None = None
    ) -> None:
        builtins.FileNotFoundError.__init__(self, errno.ENOENT, message, path)
        self.message = message
        self.variant = variant
        self.path = path

    def __str__(self) -> str:
        return self.message


class PermissionError(SourceError, builtins.PermissionError):
    """The system or the store knows who asks, and does not allow it.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path, filename
        What was asked for.
    errno
        ``errno.EACCES``.
    """

    def __init__(
        self, message: str, variant: str = "PermissionDenied", path: str | None = None
    ) -> None:
        builtins.PermissionError.__init__(self, errno.EACCES, message, path)
        self.message = message
        self.variant = variant
        self.path = path

    def __str__(self) -> str:
        return self.message


class ConfigurationError(AvroscanError, builtins.ValueError):
    """An argument that cannot be: an unknown column, option or URL scheme, a number out of range.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    """

    def __init__(self, message: str, variant: str = "Configuration") -> None:
        super().__init__(message, variant)

    def __str__(self) -> str:
        return self.message


class OutOfMemoryError(AvroscanError, builtins.MemoryError):
    """There was not enough memory for a block. The file may be sound.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path
        The file, if known.
    """

    _label = "Out of memory"
    _attributes = ("message", "variant", "path")

    def __init__(
        self, message: str, variant: str = "OutOfMemory", path: str | None = None
    ) -> None:
        super().__init__(message, variant)
        self.path = path


class InternalError(AvroscanError):
    """A fault of avroscan. Please report it.

    Attributes
    ----------
    message, variant
        As :class:`AvroscanError` has them.
    path
        The file, if known.
    """

    _label = "Internal error"
    _attributes = ("message", "variant", "path")

    def __init__(self, message: str, variant: str = "Internal", path: str | None = None) -> None:
        super().__init__(message, variant)
        self.path = path


JetlinerError = AvroscanError
"""The name that jetliner has for :class:`AvroscanError`."""

PyAuthenticationError = AuthenticationError
PyCodecError = CodecError
PyConfigurationError = ConfigurationError
PyDecodeError = DecodeError
PyFileNotFoundError = FileNotFoundError
PyParseError = ParseError
PyPermissionError = PermissionError
PySchemaError = SchemaError
PySourceError = SourceError
