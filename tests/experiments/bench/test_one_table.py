"""The table of the benchmark: ratios by hand."""

from __future__ import annotations

from typing import Any

from secondhalf.experiments.bench.one_table import as_markdown, lines
from secondhalf.experiments.bench.parts import Timing
from secondhalf.experiments.bench.stage_times import STAGES


def row(users: int, threads: int, ns: float) -> dict[str, Any]:
    """A row of bench.csv whose stages take a fifth of the day each."""
    known = {"users": users, "threads": threads, "ns_per_user_day": ns, "times_floor": ns / 10, "bytes_per_user": 109.0}
    return known | {"peak_memory_mb": 109 * users / 2.0**20 * 3} | {f"{stage}_ns": ns / 5 for stage in STAGES}


PARTS = [Timing("one", 2.0), Timing("other", 3.0, "one"), Timing("lost", 1.0, "gone")]


def test_every_row_has_its_ratio() -> None:
    """Measured over compared; a part that is compared with nothing known has none."""
    found = as_markdown(lines(PARTS, [row(1000, 1, 200.0), row(1000, 2, 100.0), row(10**7, 1, 90.0)], 45_000.0))
    assert found.splitlines()[2:] == [
        "| one | 2.00 s | – | – |",
        "| other | 3.00 s | one | 1.50 |",
        "| lost | 1.00 s | – | – |",
        "| a day of 1,000 users, one thread | 200 ns a user | copying the columns once | 20.0 |",
        "| a day of 1,000 users, one thread: stages of users | 160 ns a user "
        "| a day of 1,000 users, one thread | 0.80 |",
        "| a day of 1,000 users, 2 threads | 100 ns a user | copying the columns once | 10.0 |",
        "| a day of 1,000 users, 2 threads: stages of users | 80 ns a user | a day of 1,000 users, 2 threads | 0.80 |",
        "| a day of 10,000,000 users, one thread | 90 ns a user | copying the columns once | 9.0 |",
        "| a day of 10,000,000 users, one thread: stages of users | 72 ns a user "
        "| a day of 10,000,000 users, one thread | 0.80 |",
        "| a day of the plain oracle, one thread | 45 microseconds a user "
        "| a day of 10,000,000 users, one thread | 500 |",
        "| a day of the plain oracle, one thread | 45 microseconds a user | a day of 1,000 users, 2 threads | 450 |",
        "| columns of a user | 109 bytes | – | – |",
        "| most memory, 1,000 users | 0.00 GB | its columns | 3.0 |",
        "| most memory, 10,000,000 users | 3.05 GB | its columns | 3.0 |",
    ]


def test_without_the_oracle_it_is_left_out() -> None:
    assert not any("oracle" in line.what for line in lines(PARTS, [row(1000, 1, 200.0)], 0.0))
