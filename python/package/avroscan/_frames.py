"""Batches of the native half as frames of Polars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from . import _native


def schema(files: _native.Files) -> pl.Schema:
    """The schema of the frames, which Polars makes: enums have their symbols before any row."""
    return frame(files.empty()).schema


def frame(batch: _native.Batch, like: pl.Schema | None = None) -> pl.DataFrame:
    """The batch as a frame that shares its memory.

    Enums of a further file may have other symbols than those of `like`: they are matched by name.
    """
    import polars as pl

    if batch.num_columns == 0:
        return pl.DataFrame(height=batch.num_rows)
    made = pl.DataFrame(batch)
    if like is None or batch.is_uniform or made.schema == like:
        return made
    return made.cast({name: like[name] for name in made.columns})  # type: ignore[arg-type]


def frames(batches: _native.Batches, like: pl.Schema) -> Iterator[pl.DataFrame]:
    """All batches as frames."""
    while (batch := batches.next()) is not None:
        yield frame(batch, like)
