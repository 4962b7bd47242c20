"""Calibration files: best point, covariance, ensemble, and the facts that were fitted; written and read."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.market import FACTS
from secondhalf.experiments.calibrate.minimum_distance import Fit, Problem
from secondhalf.experiments.calibrate.parameters import Parameters, gone_settings
from secondhalf.experiments.calibrate.posterior import Coverage, Posterior
from secondhalf.experiments.facts.targets import Targets
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.data_files import data_file

Array = NDArray[np.float64]
RECORD, COVARIANCE, DRAWS = "calibration.json", "covariance.csv", "draws.csv"
SEARCH_TABLES = ("misses", "information", "coverage")
"""What a search leaves beside its result: `miss_table`, `information_table`, `coverage_table`."""
LEAST_INFORMATION = 0.01
"""Least part of a parameter's information for which a series is named."""


@dataclass(frozen=True)
class Calibration:
    """A posterior over named parameters, with the facts that were fitted.

    `record` holds until, loss (with its parts), seeds, users, merchants, runs, hashes of the data.
    """

    parameters: Parameters
    posterior: Posterior
    members: Array
    """scores of the ensemble that forecasts, [members, D]"""
    record: dict[str, Any]
    search: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """tables that the search leaves: `SEARCH_TABLES`, where it made them"""

    @property
    def values(self) -> dict[str, float]:
        """The best point, in settings' units."""
        return self.parameters.values(self.posterior.mode)

    def table(self) -> pd.DataFrame:
        """A row a parameter: prior, bounds, best value, interval, and whether facts told anything of it."""
        posterior, low, high = self.posterior, *self.parameters.limits
        reach = 1.6449 * posterior.sd
        values = self.values
        rows = []
        for number, parameter in enumerate(self.parameters.all):
            # The interval of a step is that of the step itself, the dates before it held.
            before = values[parameter.name] / parameter.back(float(posterior.mode[number]))
            before = before if parameter.scale == "step" else 1.0
            ends = np.clip(posterior.mode[number] + np.array([-1, 1]) * reach[number], low[number], high[number])
            rows.append(
                {
                    "parameter": parameter.name,
                    "scale": parameter.scale,
                    "unit_mean": parameter.mean,
                    "prior_sd": parameter.sd,
                    "low_bound": parameter.bounds[0],
                    "high_bound": parameter.bounds[1],
                    "value": values[parameter.name],
                    "p05": parameter.back(float(ends[0])) * before,
                    "p95": parameter.back(float(ends[1])) * before,
                    "score": float(posterior.mode[number]),
                    "score_sd": float(posterior.sd[number]),
                    "identified": int(posterior.identified[number]),
                }
            )
        return pd.DataFrame(rows)


def data_hash(targets: Targets) -> str:
    """A hash of the facts that are fitted, their errors, and how they are measured."""
    values = [asdict(target) for target in targets.all]  # no names of classes, which are not part of the facts
    return hashlib.blake2b(json.dumps(values, default=str).encode(), digest_size=16).hexdigest()


def write_calibration(found: Calibration, folder: Path) -> None:
    """Write calibration.json, covariance.csv, posterior.csv and draws.csv."""
    names = found.parameters.names
    drawn = [found.parameters.values(scores) for scores in found.members]
    tables = {
        "posterior.csv": found.table(),
        DRAWS: pd.DataFrame(drawn, columns=names),
        COVARIANCE: pd.DataFrame(found.posterior.covariance, columns=names),
    }
    tables |= {f"{name}.csv": table for name, table in found.search.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        with replacing(folder / name) as temporary:
            write_csv(table, temporary, "%.8g")
    scores = dict(zip(names, found.posterior.mode.tolist(), strict=True))
    record = found.record | {"widened": found.posterior.widened, "scores": scores, "values": found.values}
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_calibration(name: str, parameters: Parameters, setting: str = "validate.calibration") -> Calibration:
    """What `write_calibration` wrote, for the same parameters; `setting` is what an error calls the folder.

    Raises
    ------
    SettingsError
        naming the folder, when it holds no calibration or one of other parameters
    """
    folder = data_file(name)
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        covariance, drawn = pd.read_csv(folder / COVARIANCE), pd.read_csv(folder / DRAWS)
        scores = record.pop("scores")
        widened = float(record.pop("widened"))
        record.pop("values")
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{setting}={name}: no whole calibration is there ({error})") from error
    if not list(scores) == list(covariance.columns) == list(drawn.columns) == parameters.names:
        stored, today = set(scores), set(parameters.names)
        gone, new = sorted(stored - today), sorted(today - stored)
        other = f"{gone[0]} is none today" if gone else f"it has no {new[0]}" if new else "another order"
        raise SettingsError(
            f"{setting}={name}: {RECORD} is of other parameters than those of today ({other}); "
            "`secondhalf calibrate calibrate.write=true` fits again"
        )
    posterior = Posterior(np.array(list(scores.values())), covariance.to_numpy(float), widened)
    search = {
        table: pd.read_csv(folder / f"{table}.csv") for table in SEARCH_TABLES if (folder / f"{table}.csv").exists()
    }
    members = [parameters.scores({str(k): float(v) for k, v in row.items()}) for row in drawn.to_dict("records")]
    return Calibration(parameters, posterior, np.array(members), record, search)


def read_best_point(name: str, parameters: Sequence[str], settings: MarketSettings) -> dict[str, float]:
    """Values at which a calibration in a folder ended, of those of the parameters that it had.

    Raises
    ------
    SettingsError
        when there is none, or one of another structure: of a setting that `settings` do not have
    """
    try:
        values = json.loads((data_file(name) / RECORD).read_text(encoding="utf-8"))["values"]
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            f"calibrate.start={name}: allowed are settings, prior, and a folder that holds {RECORD}"
        ) from error
    gone = gone_settings(values, settings)
    if gone:
        raise SettingsError(
            f"calibrate.start={name}: {RECORD} is of another structure of the market; today there is no {gone[0]}"
        )
    return {parameter: float(values[parameter]) for parameter in parameters if parameter in values}


def information_table(fit: Fit, problem: Problem) -> pd.DataFrame:
    """What identifies each parameter: the part of its information that each series of facts holds.

    The information of a series on a parameter is the sum of squares of the slopes of its misses; one unit is what the
    prior itself holds.

    Returns
    -------
    DataFrame
        a row a parameter and series that holds at least `LEAST_INFORMATION` of the parameter's, the largest first:
        `information` in units of the prior's, `share` of that of all series
    """
    series = [(target.metric, target.platform) for target in problem.targets.all]
    rows = []
    for number, name in enumerate(problem.parameters.names):
        held: dict[tuple[str, str], float] = dict.fromkeys(series, 0.0)
        for one, slope in zip(series, fit.slopes[:, number], strict=True):
            held[one] += float(slope) ** 2
        total = sum(held.values())
        rows += [
            {"parameter": name, "metric": metric, "platform": platform, "information": part, "share": part / total}
            for (metric, platform), part in sorted(held.items(), key=lambda item: -item[1])
            if part > 0 and part >= LEAST_INFORMATION * total
        ]
    return pd.DataFrame(rows, columns=["parameter", "metric", "platform", "information", "share"])


def coverage_table(found: Coverage) -> pd.DataFrame:
    """A row a level."""
    return pd.DataFrame(
        {
            "level": found.level,
            "held": found.held,
            "low": found.low,
            "high": found.high,
            "replicates": found.replicates,
        }
    )


def describe_facts(targets: Targets, until: dt.date, facts: str = FACTS) -> dict[str, Any]:
    """Dates, counts and hashes of the facts in a file."""
    return {
        "until": until.isoformat(),
        "facts_used": len(targets),
        "facts_left": dict(sorted(targets.left.items())),
        "data_hash": data_hash(targets),
        "facts_file": hashlib.blake2b(data_file(facts).read_bytes(), digest_size=16).hexdigest(),
    }
