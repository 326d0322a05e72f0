"""The Avro readers of Python, over the files and with the answers of the Rust program.

The Rust program writes what it read and what came out as JSON lines (`--json`); this one reads
them, measures the Python readers on the same files and adds its figures to the same file.
"""

import argparse
import json
import statistics
import sys
import time

import fastavro
import jetliner
import polars as pl
import polars_avro

COLUMNS = ["c10", "c42", "c73"]
FIRST = 10
# Of who takes seconds for what the others take milliseconds for.
FEW_RUNS = 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", help="the JSON lines of the Rust program, which are added to")
    parser.add_argument("--runs", type=int, default=11)
    arguments = parser.parse_args()
    with open(arguments.figures) as lines:
        records = [json.loads(line) for line in lines]
    files = {record["file"]: record for record in records if "path" in record}
    done = []
    with open(arguments.figures, "a") as figures:
        for record in records:
            case, file = record.get("case"), record["file"]
            # A line for each reader, of which the first one is enough.
            if case not in CASES or (case, file) in done:
                continue
            done.append((case, file))
            # The name of a filter's case is that of its file and how many rows it keeps.
            name, _, kept = file.partition(", ")
            source = files[name]
            readers = CASES[case](source, kept)
            print(f"{case}: {file}", file=sys.stderr)
            for reader, times in race(arguments.runs, record["answer"], readers):
                figure = {"case": case, "file": file, "reader": reader}
                figure |= {"ms": statistics.median(times), "fastest_ms": min(times)}
                print(json.dumps(figure), file=figures, flush=True)


def race(runs, expected, readers):
    """The milliseconds of each run of each reader that gives the right answer, reading in turn."""
    times = {}
    for name, read in readers.items():
        try:
            answer = read()
        except Exception as error:
            print(f"  {name}: {error}", file=sys.stderr)
            continue
        if answer == expected:
            times[name] = []
        else:
            print(f"  {name}: {answer} where {expected} is right", file=sys.stderr)
    for run in range(runs):
        for name in times:
            slow = name.startswith("fastavro")
            if run >= FEW_RUNS and slow:
                continue
            start = time.perf_counter()
            readers[name]()
            times[name].append((time.perf_counter() - start) * 1e3)
    return times.items()


def answer_of(source, frames):
    """What the frames come to: rows, and the sums over a column of numbers and one of text."""
    rows, total, text_bytes = 0, 0, 0
    for frame in frames:
        rows += frame.height
        total += exact_sum(column(frame, source["number"]))
        text_bytes += column(frame, source["text"]).str.len_bytes().sum()
    return answer(rows, total, text_bytes)


def answer(rows, total=0, text_bytes=0):
    # As 64 bits have it.
    total = (total + 2**63) % 2**64 - 2**63
    return {"rows": rows, "sum": total, "text_bytes": text_bytes}


def exact_sum(numbers):
    if numbers.dtype == pl.Int64:
        return numbers.sum()
    # Microseconds: their sum does not fit into 64 bits.
    numbers = numbers.to_physical()
    return (numbers // 1_000_000).sum() * 1_000_000 + (numbers % 1_000_000).sum()


def column(frame, path):
    series = frame[path[0]]
    for name in path[1:]:
        series = series.struct.field(name)
    return series


def value(row, path):
    for name in path:
        row = row[name]
    return row


def jetliner_frames(source):
    with jetliner.AvroReader(source["path"]) as reader:
        return answer_of(source, reader)


def polars_avro_frames(source):
    scan = polars_avro.scan_avro(source["path"], batch_size=8_192)
    return answer_of(source, scan.collect_batches(maintain_order=True))


def fastavro_rows(source):
    rows, total, text_bytes = 0, 0, 0
    with open(source["path"], "rb") as file:
        for row in fastavro.reader(file):
            rows += 1
            number = value(row, source["number"])
            if hasattr(number, "timestamp"):
                number = round(number.timestamp() * 1_000_000)
            total += number or 0
            text_bytes += len((value(row, source["text"]) or "").encode())
    return answer(rows, total, text_bytes)


def fastavro_count(source):
    with open(source["path"], "rb") as file:
        return answer(sum(block.num_records for block in fastavro.block_reader(file)))


def query(source, refine):
    """A query over both scans, and what it comes to."""
    return {
        "jetliner": lambda: refine(jetliner.scan_avro(source["path"])),
        "polars-avro": lambda: refine(polars_avro.scan_avro(source["path"], batch_size=8_192)),
    }


def streamed(source, _):
    return {
        "jetliner": lambda: jetliner_frames(source),
        "polars-avro": lambda: polars_avro_frames(source),
        "fastavro, rows": lambda: fastavro_rows(source),
    }


def collected(source, _):
    return {
        "jetliner": lambda: answer_of(source, [jetliner.read_avro(source["path"])]),
        "polars-avro": lambda: answer_of(source, [polars_avro.read_avro(source["path"])]),
    }


def projection(source, _):
    def refine(scan):
        return answer_of(source, [scan.select(COLUMNS).collect(engine="streaming")])

    return query(source, refine)


def count(source, _):
    def refine(scan):
        return answer(scan.select(pl.len()).collect(engine="streaming").item())

    return query(source, refine) | {"fastavro, blocks": lambda: fastavro_count(source)}


def first(source, _):
    def refine(scan):
        return answer_of(source, [scan.head(FIRST).collect(engine="streaming")])

    return query(source, refine)


def filtered(source, kept):
    thousandths = round(float(kept.removesuffix(" %")) * 10)

    def refine(scan):
        keeps = pl.col(source["number"][0]) % 1_000 < thousandths
        return answer_of(source, [scan.filter(keeps).collect(engine="streaming")])

    return query(source, refine)


CASES = {
    "streamed": streamed,
    "collected": collected,
    "projection": projection,
    "count": count,
    "first": first,
    "filter": filtered,
}

if __name__ == "__main__":
    main()
