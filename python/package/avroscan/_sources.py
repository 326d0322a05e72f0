"""From what a caller names to what the native half reads."""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Iterable
from typing import IO, Any, Union

from .exceptions import ConfigurationError

Source = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, IO[bytes]]
"""A path, a pattern, a directory, a URL, the bytes of a file, or a binary file object."""

FileSource = Union[Source, "Iterable[Source]"]
"""A :data:`Source`, or several."""


def inputs(source: FileSource) -> list[Any]:
    """The inputs of the native half, in order.

    Raises
    ------
    TypeError
        If one is nothing that can be read from.
    ConfigurationError
        If there are none.
    """
    if _is_single(source):
        return [_input(source)]
    if not isinstance(source, Iterable):
        raise _unreadable(source)
    found = [_input(one) for one in source]
    if not found:
        message = "there is nothing to read: the list of sources is empty"
        raise ConfigurationError(message)
    return found


def single(source: Source) -> Source:
    """The source, if it is not several.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if not _is_single(source):
        raise _unreadable(source)
    return source


def _is_single(source: object) -> bool:
    return isinstance(
        source, (str, os.PathLike, bytes, bytearray, memoryview)
    ) or hasattr(source, "read")


def _input(source: Any) -> Any:
    if isinstance(source, (str, os.PathLike)):
        path = os.fspath(source)
        if not isinstance(path, str):
            path = os.fsdecode(path)
        return os.path.expanduser(path)
    if isinstance(source, bytes):
        return source, "<bytes>"
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source), "<bytes>"
    if isinstance(source, io.BytesIO):
        return source.getvalue(), _name(source, "<bytes>")
    if hasattr(source, "read"):
        return _file(source)
    raise _unreadable(source)


def _file(file: Any) -> Any:
    """A file object: a local file by its path, others by calling them."""
    if isinstance(file, io.TextIOBase):
        message = f"{file!r} is open as text: open it with mode 'rb'"
        raise ConfigurationError(message)
    name = _name(file)
    if isinstance(file, (io.BufferedReader, io.BufferedRandom, io.FileIO)) and os.path.isfile(name):
        return os.path.abspath(name)
    if not _is_seekable(file):
        return file.read(), name
    size = file.seek(0, io.SEEK_END)
    if size is None:
        size = file.tell()
    return file, name, size


def _name(file: Any, default: str | None = None) -> str:
    # Files of fsspec have `path` or `full_name`, others `name`, which may be a number.
    for attribute in ("full_name", "path", "name"):
        name = getattr(file, attribute, None)
        if isinstance(name, (str, os.PathLike)):
            return str(os.fspath(name))
    return default or f"<{type(file).__name__}>"


def _is_seekable(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    return hasattr(file, "seek") and (seekable is None or builtins.bool(seekable()))


def _unreadable(source: object) -> TypeError:
    return TypeError(
        f"Expected str or Path, bytes or a binary file object, got {type(source).__name__}"
    )
