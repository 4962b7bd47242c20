"""Runs behind patterns.csv: the default market and variants of it, over seeds, compared with the patterns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.execution.process_pool import NothingDoneError, run_jobs
from secondhalf.experiments.facts.model_series import outputs
from secondhalf.experiments.facts.targets import LAST_FACT, sized
from secondhalf.experiments.results.tables import channels, flows, merchants, moves
from secondhalf.experiments.validate.patterns.observer import CONTENT, PatternObserver
from secondhalf.experiments.validate.patterns.pass_rules import BASELINE, Pattern, apply_rule
from secondhalf.experiments.validate.patterns.patterns import ARMS, PATTERNS, Arm
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for
from secondhalf.model.snapshots.branch import branch, first_difference

COLUMNS = (
    *("pattern", "statement", "quantity", "fact", "model", "low", "high", "unit", "rule"),
    *("passed", "seeds", "source"),
)
Tables = dict[str, pd.DataFrame]


class PatternSeed(NamedTuple):
    """A seed: the settings of its baseline, and those of the other arms with their last days."""

    settings: MarketSettings
    arms: Mapping[str, tuple[MarketSettings, dt.date]]


def pattern_seed_of(settings: MarketSettings, arms: Mapping[str, Arm] = ARMS) -> PatternSeed:
    """The runs of a seed, from its baseline's settings."""
    end = settings.calendar.end
    return PatternSeed(
        settings, {name: (_with(settings, arm), min(arm.until or end, end)) for name, arm in arms.items()}
    )


def _with(settings: MarketSettings, arm: Arm) -> MarketSettings:
    plain = settings.model_dump()
    for name, value in arm.overrides.items():
        *path, last = name.split(".")
        node: Any = plain
        for key in path:
            node = node[key]
        node[last] = [*node[last], *value] if isinstance(value, list) else value
    return MarketSettings.from_dict(plain)


def evidence(run: PatternSeed) -> dict[str, Tables]:
    """Run a seed's markets on one thread: tables by arm. Arms share the days before they can differ."""
    with threads_for(1):
        market = Market(run.settings)
        watch, found = PatternObserver(market), {}
        days = {name: first_difference(run.settings, settings) for name, (settings, _) in run.arms.items()}
        for name in sorted((name for name in days if days[name] is not None), key=lambda name: days[name] or 0):
            settings, until = run.arms[name]
            day = days[name] or 0
            watch.run(day)
            other = branch(market, settings) if day else Market(settings)
            found[name] = _finish(watch.of(other) if day else PatternObserver(other), until)
        baseline = _finish(watch, run.settings.calendar.end)
        same = {name: baseline for name, day in days.items() if day is None}  # nothing that an arm changes ever happens
        return {BASELINE: baseline, **found, **same}


def _finish(watch: PatternObserver, until: dt.date) -> Tables:
    """Run to a last day; the tables that patterns read."""
    market = watch.market
    watch.run((until - market.calendar.start).days + 1)
    tables = {"channels": channels(market), "flows": flows(market), "merchants": merchants(market)}
    festivals = pd.DataFrame(market.record.festivals)
    found = {**outputs(market), **tables, "moves": moves(market), "festivals": festivals, **watch.tables()}
    market.close()
    return found


def measured(runs: Mapping[str, Tables], chosen: Mapping[str, Pattern] = PATTERNS) -> dict[tuple[str, str], float]:
    """What a seed's runs give for each quantity, by pattern and quantity."""
    return {
        (name, quantity.name): quantity.measure(runs)
        for name, pattern in chosen.items()
        for quantity in pattern.quantities
    }


def judged(found: Sequence[Mapping[tuple[str, str], float]], chosen: Mapping[str, Pattern] = PATTERNS) -> pd.DataFrame:
    """The table from what each seed gives."""
    return _table(_rows(found, chosen))


def _rows(found: Sequence[Mapping[tuple[str, str], float]], chosen: Mapping[str, Pattern]) -> list[dict[str, object]]:
    return [
        {"pattern": name, "statement": pattern.statement, "quantity": quantity.name, "source": quantity.source}
        | apply_rule(quantity, [seed[name, quantity.name] for seed in found])
        for name, pattern in chosen.items()
        for quantity in pattern.quantities
    ]


def _table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"passed": "Int64"})


def one_seed(run: PatternSeed) -> dict[tuple[str, str], float]:
    """Run a seed and measure it where it ran: tables are large, numbers travel."""
    return measured(evidence(run))


def patterns(
    settings: MarketSettings,
    seeds: int,
    users: int,
    merchants: int,
    workers: int,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Run the market and its second runs for seeds in a row, to the end of 2022; the table patterns.csv.

    Parameters
    ----------
    settings
        the market that is held against the patterns; its seed is the first
    seeds
        at least 2, or there is no interval
    users, merchants
        simulated ones of each run
    workers
        processes
    progress
        called after each seed with the number of seeds so far

    Returns
    -------
    pandas.DataFrame
        columns `COLUMNS`, a row a quantity; then a row `failed` for each seed that could not be run, with the reason
        under `statement`

    Raises
    ------
    SettingsError
        for fewer than two seeds, or platforms and a calendar that cannot show the patterns
    NothingDoneError
        when no seed could be run
    """
    _check(settings, seeds)
    runs = [pattern_seed_of(sized(settings, users, merchants, LAST_FACT, settings.seed + n)) for n in range(seeds)]
    found: dict[int, dict[tuple[str, str], float]] = {}
    failed: list[dict[str, object]] = []
    for count, done in enumerate(run_jobs(one_seed, runs, workers), start=1):
        seed = done.job.settings.seed
        if done.result is None:
            failed.append({"pattern": "failed", "statement": done.error, "quantity": f"seed {seed}", "passed": 0})
        else:
            found[seed] = done.result
        if progress:
            progress(count)
    if not found:
        raise NothingDoneError(f"no seed could be run: {failed[0]['statement']}")
    return _table([*_rows([found[seed] for seed in sorted(found)], PATTERNS), *failed])


def _check(settings: MarketSettings, seeds: int) -> None:
    if seeds < 2:
        raise SettingsError(f"seeds={seeds}: patterns need at least 2, or there is no interval")
    lacking = [name for name in CONTENT if name not in settings.platforms]
    if lacking:
        raise SettingsError(f"platforms={settings.platforms}: the patterns need {', '.join(lacking)}")
    if settings.calendar.start > dt.date(2019, 1, 1):
        raise SettingsError(f"calendar.start={settings.calendar.start}: the patterns begin on 2019-01-01")
