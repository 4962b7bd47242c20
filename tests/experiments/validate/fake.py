"""Tables of a validation that never ran: plausible, the same every time, and small when asked to be."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import Target

PLATFORMS = ("Kuaishou", "Douyin", "Taobao+Tmall", "JD", "Pinduoduo")
LEVELS = {
    "gmv": ("billion RMB", (110.0, 180.0, 1700.0, 500.0, 400.0), 0.12),
    "mau": ("million", (400.0, 560.0, 760.0, 330.0, 420.0), 0.08),
    "dau": ("million", (220.0, 380.0, 330.0, 80.0, 170.0), 0.10),
    "daily_minutes_per_dau": ("minutes", (84.0, 92.0, 24.0, 12.0, 22.0), 0.09),
    "monthly_active_buyers": ("million", (50.0, 80.0, 520.0, 160.0, 330.0), 0.13),
    "annual_active_buyers": ("million", (120.0, 190.0, 730.0, 380.0, 640.0), 0.09),
    "pan_shelf_share_of_gmv": ("percent", (12.0, 14.0, 88.0, 95.0, 92.0), 0.05),
}
SECTOR = {
    ("share_of_mobile_internet_time", "short video"): ("percent", 19.0, 0.13),
    ("share_of_mobile_internet_time", "instant messaging"): ("percent", 27.0, -0.06),
    ("mau_mobile_internet_china", "all"): ("million", 1140.0, 0.02),
}
SEASON = (0.86, 1.0, 0.92, 1.22)
SPREAD = {"p05": -1.645, "p25": -0.674, "p50": 0.0, "p75": 0.674, "p95": 1.645}
ORIGINS = ("2021-12-31", "2022-12-31", "2023-12-31")


def parameters() -> list[tuple[str, str, float, float, float, float]]:
    """Name, scale, prior mean and sd, bounds."""
    names = ("kuaishou", "douyin", "taobao", "jd", "pinduoduo")
    found = [(f"platform.{p}.leisure", "linear", -1.4, 0.4, -4.0, 1.0) for p in names]
    found += [(f"platform.{p}.gamma", "log", 15.0, 0.3, 3.0, 80.0) for p in names]
    found += [(f"platform.{p}.installed_at_start", "logit", 0.35, 0.8, 0.03, 0.95) for p in names]
    found += [(f"platform.{p}.imitation", "log", 1.0e-3, 0.5, 5.0e-5, 0.02) for p in names]
    found += [(f"platform.{p}.appeal", "linear", 0.0, 1.0, -5.0, 5.0) for p in names]
    dates = ("2020-12-31", "2022-12-31", "2024-12-31")
    found += [(f"platform.{p}.recruit_trend.{d}", "log", 0.8, 0.5, 0.05, 5.0) for p in names[:2] for d in dates]
    found += [(f"platform.{p}.depth_trend.{d}", "log", 1.5, 0.4, 0.4, 6.0) for p in names[:2] for d in dates]
    found += [("users.habit_weight", "log", 2.5, 0.3, 0.2, 6.0), ("users.shock", "log", 0.9, 0.3, 0.2, 3.0)]
    found += [("users.opening_cost", "log", 2.5, 0.2, 0.5, 5.0), ("users.channel_nest", "logit", 0.6, 0.4, 0.2, 0.79)]
    return [*found, ("calendar.festivals.double_eleven.demand", "log", 1.8, 0.2, 1.0, 4.0)]


def write(folder: Path, optional: bool = True, metrics: Sequence[str] = tuple(LEVELS)) -> Path:
    """All files of a validation."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    targets = read_targets()
    tables = {
        "targets": _targets(rng, targets.all),
        "bands": pd.DataFrame(_bands(rng, 2019, 2024, metrics)),
        "forecast": pd.DataFrame(_bands(rng, 2025, 2027, metrics)),
        "rolling": pd.DataFrame(_rolling(rng, targets.all)),
        "rulers": pd.DataFrame(_rulers(rng)),
        "patterns": pd.DataFrame(_patterns()),
    }
    tables["posterior"], tables["draws"] = _posterior(rng)
    if optional:
        tables["sobol"], tables["morris"] = _sensitivity(rng)
        tables["oat"] = pd.DataFrame({"quantity": ["gmv"], "parameter": ["users.shock"], "low": [-0.1], "high": [0.12]})
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "summary.json").write_text(json.dumps(_summary(tables, targets.left)), encoding="utf-8")
    return folder


def _targets(rng: np.random.Generator, all_: Sequence[Target]) -> pd.DataFrame:
    rows = []
    for one in all_:
        model = one.value * (1 + rng.normal(0, 0.06))
        low, high = model * 0.92, model * 1.08
        rows.append(
            {
                **{"metric": one.metric, "platform": one.platform, "period_start": one.start, "period_end": one.end},
                **{"unit": one.unit, "grade": one.grade, "fact": one.value, "model": round(model, 4)},
                **{"p05": round(low, 4), "p95": round(high, 4), "error": round(model / one.value - 1, 6)},
                **{"inside": int(low <= one.value <= high), "source": one.source},
            }
        )
    return pd.DataFrame(rows)


def _bands(rng: np.random.Generator, first: int, last: int, metrics: Sequence[str]) -> Iterator[dict[str, object]]:
    series = {
        (metric, name): (LEVELS[metric][0], level, LEVELS[metric][2])
        for metric in metrics
        for name, level in zip(PLATFORMS, LEVELS[metric][1], strict=True)
    } | SECTOR
    for (metric, name), (unit, level, growth) in series.items():
        for start, end in _periods(
            first, last, months=metric in ("share_of_mobile_internet_time", "mau_mobile_internet_china")
        ):
            years = (start.year - 2019) + (start.month - 1) / 12
            season = SEASON[(start.month - 1) // 3] if metric == "gmv" else 1.0
            long = (end - start).days > 300
            middle = level * (1 + growth * years) * (4.0 if metric == "gmv" and long else season if not long else 1.0)
            sd = 0.04 * middle * (1 + 0.6 * max(0.0, years - 5.9)) * (1 + 0.05 * rng.random())
            numbers = {name: round(middle + z * sd, 4) for name, z in SPREAD.items()}
            yield {
                **{"metric": metric, "platform": name, "period_start": start, "period_end": end, "unit": unit},
                **{"mean": round(middle, 4), **numbers},
            }


def _periods(first: int, last: int, months: bool) -> Iterator[tuple[dt.date, dt.date]]:
    for year in range(first, last + 1):
        for length in (1, 3, 12) if months else (3, 12):
            for month in range(1, 13, length):
                after = dt.date(year + (month + length > 12), (month + length - 1) % 12 + 1, 1)
                yield dt.date(year, month, 1), after - dt.timedelta(days=1)


def _rolling(rng: np.random.Generator, all_: Sequence[Target]) -> Iterator[dict[str, object]]:
    for origin in ORIGINS:
        for one in all_:
            if one.end > dt.date.fromisoformat(origin) and one.metric in LEVELS:
                model = one.value * (1 + rng.normal(0, 0.1))
                yield {
                    **{"origin": origin, "metric": one.metric, "platform": one.platform, "period_start": one.start},
                    **{"period_end": one.end, "unit": one.unit, "fact": one.value, "model": round(model, 4)},
                    **{"p05": round(model * 0.88, 4), "p95": round(model * 1.12, 4)},
                    **{"last_value": round(one.value * 0.9, 4), "linear": round(one.value * 1.1, 4)},
                    **{"logistic": None if one.metric == "gmv" else round(one.value * 0.97, 4)},
                    **{"seasonal": round(one.value * 1.05, 4) if one.metric == "gmv" else None},
                }


def _rulers(rng: np.random.Generator) -> Iterator[dict[str, object]]:
    series = [
        ("gmv", "Kuaishou", 1),
        ("mau", "Kuaishou", 1),
        ("dau", "Kuaishou", 1),
        ("daily_minutes_per_dau", "Kuaishou", 1),
    ]
    series += [("annual_active_buyers", "Pinduoduo", 1), ("gmv", "Pinduoduo", 0), ("annual_active_buyers", "JD", 1)]
    series += [("share_of_mobile_internet_time", "short video", 1), ("mau_mobile_internet_china", "all", 1)]
    for origin in ORIGINS:
        for metric, platform, counted in series:
            scores = {"last_value": rng.uniform(0.03, 0.3), "linear": rng.uniform(0.02, 0.9)}
            scores["logistic"] = rng.uniform(0.02, 0.2) if metric != "gmv" else None
            scores["seasonal"] = rng.uniform(0.02, 0.2) if metric == "gmv" else None
            known = {name: score for name, score in scores.items() if score is not None}
            best = min(known, key=lambda name: known[name])
            model = float(rng.uniform(0.02, 0.15))
            yield {
                **{
                    "origin": origin,
                    "metric": metric,
                    "platform": platform,
                    "training": 5,
                    "tests": 4 if counted else 1,
                },
                **{"counted": counted, "model": round(model, 5)},
                **{name: None if score is None else round(float(score), 5) for name, score in scores.items()},
                **{
                    "best_ruler": best,
                    "won": int(model < known[best]),
                    "covered": float(rng.choice([0.5, 0.75, 1.0])),
                },
            }


def _patterns() -> Iterator[dict[str, object]]:
    rows: list[tuple[str, str, str, object, float | None, float | None, float | None, str, object]] = [
        ("Heavy tails", "Few merchants sell most.", "Pareto exponent of sales", 1.16, 1.23, 1.11, 1.36, "exponent", 1),
        ("Heavy tails", "Few merchants sell most.", "share of the top 1 %", 41.0, 38.2, 35.0, 41.9, "percent", 1),
        ("Seasons", "The fourth quarter sells most.", "fourth quarter's share", 34.7, 33.1, 32.8, 33.5, "percent", 0),
        ("S-curve", "Adoption is slow, fast, then slow.", "R² of a logistic curve", "", 0.991, 0.98, 0.996, "share", 1),
        ("Leaks", "Open links let trade leak.", "leak rate before links close", "", None, None, None, "share", None),
    ]
    keys = ("pattern", "statement", "quantity", "fact", "model", "low", "high", "unit", "passed")
    for row in rows:
        yield {**dict(zip(keys, row, strict=True)), "seeds": 16, "source": "annual reports; Bass (1969)"}


def _posterior(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, draws = [], {}
    shared = rng.normal(size=200)
    for number, (name, scale, mean, sd, low, high) in enumerate(parameters()):
        score, shrunk = (
            float(rng.normal(0, 0.7)),
            float(rng.uniform(0.08, 0.5) if number % 3 else rng.uniform(0.85, 1.05)),
        )
        tied = 0.85 if number % 7 == 1 else 0.0
        z = score + shrunk * (tied * shared + np.sqrt(1 - tied**2) * rng.normal(size=200))
        if scale == "linear":
            values, value = mean + sd * z, mean + sd * score
        elif scale == "logit":
            at = np.log(mean / (1 - mean))
            values, value = 1 / (1 + np.exp(-(at + sd * z))), float(1 / (1 + np.exp(-(at + sd * score))))
        else:
            values, value = mean * np.exp(sd * z), mean * float(np.exp(sd * score))
        draws[name] = values.round(8)
        rows.append(
            {
                **{"parameter": name, "scale": scale, "unit_mean": mean, "prior_sd": sd, "low_bound": low},
                **{"high_bound": high, "value": round(value, 6), "p05": round(float(np.quantile(values, 0.05)), 6)},
                **{"p95": round(float(np.quantile(values, 0.95)), 6), "score": round(score, 4)},
                **{"score_sd": round(shrunk, 4), "identified": int(shrunk < 0.7)},
            }
        )
    return pd.DataFrame(rows), pd.DataFrame(draws)


def _sensitivity(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    sobol, morris = [], []
    for quantity in ("Kuaishou GMV 2022", "HHI of attention"):
        total = np.sort(rng.exponential(0.08, len(parameters())))[::-1]
        for (name, *_), size in zip(rng.permutation(np.array(parameters(), dtype=object)), total, strict=True):
            first, wide = size * rng.uniform(0.3, 0.9), 0.02 + 0.15 * size
            numbers = (first, first - wide, first + wide, size, size - wide, size + wide)
            keys = ("first", "first_low", "first_high", "total", "total_low", "total_high")
            sobol.append({"quantity": quantity, "parameter": name} | dict(zip(keys, np.round(numbers, 5), strict=True)))
            morris.append(
                {"quantity": quantity, "parameter": name, "mu_star": size, "mu_star_conf": wide, "sigma": first}
            )
    return pd.DataFrame(sobol), pd.DataFrame(morris)


def _summary(tables: dict[str, pd.DataFrame], left: object) -> dict[str, object]:
    counted = tables["rulers"][tables["rulers"]["counted"] == 1]
    return {
        **{
            "users": 20000,
            "merchants": 2000,
            "seeds": list(range(8)),
            "draws": 200,
            "loss": 1.234,
            "data_hash": "ab12" * 16,
        },
        **{"made_on": "2024-05-01", "commit": "0123456789abcdef0123456789abcdef01234567"},
        **{"versions": {"secondhalf": "0.1.0", "python": "3.11.9", "numpy": "2.1.0"}},
        **{"settings": ["population.users=20000", "seed=0"]},
        **{"facts_used": len(tables["targets"]), "facts_left": left, "origins": list(ORIGINS)},
        **{"won": int(counted["won"].sum()), "counted": len(counted), "covered": float(counted["covered"].mean())},
    }
