"""A sweep's folder without a sweep: two tiny runs, one that failed, tables of status and results."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
from rich.console import Console

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.load import metrics
from secondhalf.experiments.run.study import run
from tests.experiments.conftest import SILENT

WORDS = ("population.users=60", "population.merchants=10", "calendar.end=2019-02-10", "platforms=[douyin,jd]")
STRATEGIES = ("history", "hold")


def make_sweep(folder: Path) -> Path:
    """Two strategies under one seed; the second run is there twice, under another seed's name, to have a spread."""
    status, results = [], []
    for strategy in STRATEGIES:
        words = [*WORDS, f"strategy={strategy}"]
        summary = run(load_settings(words), folder / "runs" / strategy, SILENT, console=Console(quiet=True))
        for seed in range(2):
            name = strategy if seed == 0 else f"{strategy}{seed}"
            if seed:
                shutil.copytree(folder / "runs" / strategy, folder / "runs" / name)
            status.append((name, "succeeded", f"strategy={strategy} seed={seed}", "", 1.5, 200.0, "here"))
            results.append({"run": name, "strategy": strategy, "seed": seed} | metrics(summary))
            results[-1]["market.hhi_attention"] += seed / 100
    status.append(("broken", "failed", "strategy=<b>", "SettingsError: <i>none</i>", 0.1, 90.0, "here"))
    columns = ["run", "status", "overrides", "error", "wall_seconds", "peak_memory_mb", "host"]
    table = pd.DataFrame(status, columns=columns).assign(started="2026-01-01T00:00:00Z")
    table.insert(1, "number", [3, 2, 1, 0, 4])
    table.to_csv(folder / "runs.csv", index=False)
    found = pd.DataFrame(results).convert_dtypes()
    found.to_csv(folder / "results.csv", index=False)
    found.to_parquet(folder / "results.parquet", index=False)
    return folder
