"""Tables and plots of the figures that the Rust program and `python.py` have written."""

import argparse
import html
import json
import pathlib

TITLES = {
    "core": "Whole files from memory, one thread",
    "local": "Whole local files, workers",
    "streamed": "Whole files, batch by batch",
    "collected": "Whole files, collected into one frame",
    "projection": "3 of 100 columns",
    "filter": "Filters",
    "count": "Counting the rows of 1 GB",
    "first": "The first 10 rows of 1 GB",
    "parquet": "Into Parquet",
}

MEASURES = {"ms": "median ms", "fastest_ms": "fastest run, ms"}
# What the plots of whole files show of them, and of which measure.
PLOTTED = ["simple null", "complex zstandard", "wide snappy", "strings null"]
PLOTTED_CASES = ["core", "local", "streamed", "collected"]
PLOTTED_MEASURE = "fastest_ms"
# Bars that are longer than so many times the one they are compared with are cut.
LONGEST = 12

OURS = "#1f6feb"
OTHERS = "#9aa4b2"
TEXT = "#57606a"
BAR, GAP, GROUP = 16, 4, 26
NAMES, BARS, LABELS = 290, 380, 150


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", help="the JSON lines")
    parser.add_argument("--images", type=pathlib.Path, help="where the plots go")
    arguments = parser.parse_args()
    with open(arguments.figures) as lines:
        records = [json.loads(line) for line in lines]
    for case, title in TITLES.items():
        for measure, name in MEASURES.items():
            groups = groups_of(records, case, measure)
            if groups:
                print(table(f"{title}: {name}", groups))
        groups = groups_of(records, case, PLOTTED_MEASURE)
        if case in PLOTTED_CASES:
            groups = {file: group for file, group in groups.items() if file in PLOTTED}
        if groups and arguments.images:
            arguments.images.mkdir(parents=True, exist_ok=True)
            name = MEASURES[PLOTTED_MEASURE]
            (arguments.images / f"{case}.svg").write_text(plot(f"{title}: {name}", groups))


def groups_of(records, case, measure):
    """For each file the milliseconds of each reader."""
    groups = {}
    for record in records:
        if record.get("case") == case:
            groups.setdefault(record["file"], {})[record["reader"]] = record[measure]
    return groups


def base_of(readers):
    """The reader that the others are compared with: the first one of this project."""
    return next((ms for reader, ms in readers.items() if is_ours(reader)), None)


def is_ours(reader):
    return reader.startswith("avroscan")


def table(title, groups):
    readers = list(dict.fromkeys(reader for group in groups.values() for reader in group))
    lines = [
        f"\n### {title}\n",
        "| file | " + " | ".join(readers) + " |",
        "| --- |" + " ---: |" * len(readers),
    ]
    for file, group in groups.items():
        base = base_of(group)
        cells = [cell(group.get(reader), base) for reader in readers]
        lines.append(f"| {file} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(ms, base):
    if ms is None:
        return ""
    if not base or ms == base:
        return digits(ms)
    return f"{digits(ms)} ({ms / base:.2f} x)"


def digits(number):
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def plot(title, groups):
    """Horizontal bars, for each file on a scale of its own."""
    parts, y = [], 44
    for file, readers in groups.items():
        parts.append(text(0, y + 12, file, weight="bold"))
        y += BAR + GAP + 2
        longest, base = max(readers.values()), base_of(readers)
        if base:
            longest = min(longest, LONGEST * base)
        for reader, ms in readers.items():
            width = max(1, min(BARS, BARS * ms / longest))
            color = OURS if is_ours(reader) else OTHERS
            label = f"{digits(ms)} ms"
            if base and ms != base:
                label += f" ({ms / base:.1f} x)"
            parts.append(text(NAMES - 8, y + 12, reader, anchor="end"))
            parts += bar(y, width, color, cut=ms > longest)
            parts.append(text(NAMES + width + 6, y + 12, label))
            y += BAR + GAP
        y += GROUP - GAP
    width = NAMES + BARS + LABELS
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" '
        f'viewBox="0 0 {width} {y}" font-family="sans-serif" font-size="12" fill="{TEXT}">'
    )
    heading = text(0, 18, f"{title} (less is better)", weight="bold", size=15)
    return "\n".join([head, heading, *parts, "</svg>\n"])


def bar(y, width, color, cut):
    """A bar, with a gap near its end if it should be longer."""
    pieces = [(0, width)] if not cut else [(0, width - 16), (width - 12, width)]
    return [
        f'<rect x="{NAMES + start:.1f}" y="{y}" width="{end - start:.1f}" height="{BAR}" '
        f'fill="{color}"/>'
        for start, end in pieces
    ]


def text(x, y, content, anchor="start", weight="normal", size=12):
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" '
        f'font-size="{size}">{html.escape(content)}</text>'
    )


if __name__ == "__main__":
    main()
