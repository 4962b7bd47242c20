"""docs/data_dictionary.md and data/columns.csv describe the columns and keys that `launches` writes, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from secondhalf.experiments.command.compose import compose_config, load_settings, options
from secondhalf.experiments.launches.plan import make_plan
from secondhalf.experiments.launches.settings import Launches
from secondhalf.experiments.launches.study import launches
from secondhalf.experiments.launches.tables import COLUMNS, NEST_COLUMNS, SPLIT_COLUMNS
from secondhalf.experiments.results.schema.column_dictionary import of_table
from tests.docs.test_data_dictionary import sections
from tests.experiments.conftest import SILENT
from tests.experiments.launches.fake import write_fake

TABLES = {"launches": COLUMNS, "split": SPLIT_COLUMNS, "nests": NEST_COLUMNS}


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_described(name: str) -> None:
    rows = sections()[f"{name}.csv"]
    assert [row[0] for row in rows] == list(TABLES[name])
    assert [(own.name, own.unit, own.meaning) for own in of_table(name)] == [tuple(row[:3]) for row in rows]


def test_every_key_of_the_summary_is_described(tmp_path: Path) -> None:
    fitted = write_fake(tmp_path / "fitted", load_settings([]))
    words = [
        f"launches.calibration={fitted}",
        "experiment=ci",
        "limits.users=60",
        "limits.merchants=10",
        "calendar.start=2022-06-01",
        "launches.until=2022-09-30",
        "launches.workers=1",
        "launches.only=[kuaishou_mall_test_2022-06-15]",
    ]
    how = options(Launches, compose_config(words))
    launches(make_plan(load_settings(words), how), how, tmp_path, SILENT, Console(quiet=True))
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    found = set(summary) | {f"launches.*.{key}" for key in summary["launches"][0]}
    found |= {f"nests.*.{key}" for key in next(iter(summary["nests"].values()))}
    for group in ("runs", "seconds"):
        found |= {f"{group}.{key}" for key in summary[group]}
    assert {row[0] for row in sections()["summary.json of launches"]} == found
