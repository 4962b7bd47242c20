"""The first stage sees what a run sees of attention and reach, in what sense it does not, and finds parameters back."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.meanfield_stage import (
    CorrectedFit,
    MeanFieldModel,
    errors_of,
    fit_meanfield,
    path_measures,
)
from secondhalf.experiments.calibrate.parameters import Parameters, read_parameters
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.model_series import outputs
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import Targets, sized
from secondhalf.model.market import Market
from secondhalf.model.meanfield.path import Precision, path

Array = NDArray[np.float64]
END = dt.date(2020, 6, 30)
SEEDS = 3
BIAS, BIAS_OF_TRADE = 0.08, 0.25
"""Largest biases of the closures over these eighteen months: of attention and reach, of trade (docs/calibration.md)."""
OF_TRADE = ("gmv", "orders", "annual_active_buyers", "repurchase_rate_monthly", "annual_spend_per_buyer")


@pytest.fixture(scope="module")
def settings() -> MarketSettings:
    return sized(load_settings(), 1500, 200, END)


@pytest.fixture(scope="module")
def targets() -> Targets:
    """All facts of the time, and one of a column that no path has: what a platform spends."""
    facts = read_targets().until(END)
    gmv = next(target for target in facts.all if target.metric == "gmv")
    unseen = dataclasses.replace(gmv, metric="cost", rule=dataclasses.replace(gmv.rule, columns=("cost",)))
    return Targets((*facts.all, unseen), facts.left)


@pytest.fixture(scope="module")
def model(settings: MarketSettings, targets: Targets) -> MeanFieldModel:
    return MeanFieldModel(settings, targets, Precision(users=512), seeds=1)


@pytest.fixture(scope="module")
def here(model: MeanFieldModel, settings: MarketSettings) -> Array:
    return model(settings)


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return read_parameters(load_settings())


def named(targets: Targets, metric: str, platform: str) -> NDArray[np.bool_]:
    return np.array([target.metric == metric and target.platform == platform for target in targets.all])


def test_agrees_with_runs(here: Array, model: MeanFieldModel, settings: MarketSettings, targets: Targets) -> None:
    """Within the stated biases and six standard errors of the runs' mean, whose spread is pooled by metric."""
    values = [model.full]
    for seed in range(1, SEEDS):
        market = Market(settings.model_copy(update={"seed": seed}))
        while market.running:
            market.step()
        values.append(targets.numbers.measured(outputs(market)))
        market.close()
    logs = np.log(np.array(values))
    gaps = np.log(here) - logs.mean(axis=0)
    for metric, platform in {(target.metric, target.platform) for target in targets.all[:-1]}:
        which = named(targets, metric, platform)
        error = np.sqrt(logs[:, which].var(axis=0, ddof=1).mean() / SEEDS)
        bias = BIAS_OF_TRADE if metric in OF_TRADE else BIAS
        # Six, not four: the spread of a metric is known from three runs.
        assert np.abs(gaps[which]).max() <= bias + 6 * error, (metric, platform, gaps[which], error)


def test_what_it_cannot_see_is_no_number(here: Array, model: MeanFieldModel, targets: Targets) -> None:
    for target, value, seen in zip(targets.all, here, model.seen, strict=True):
        assert np.isnan(value) != seen, target.name
        assert seen == path_measures(target) == (target.metric != "cost")
    assert all(path_measures(target) for target in read_targets().all), "of the facts it sees every one"
    assert np.isnan(model.corrections[~model.seen]).all()
    assert (here * model.corrections)[model.seen] == pytest.approx(model.full[model.seen], rel=1e-12)


@pytest.mark.parametrize(
    ("setting", "platform", "metric", "sign"),
    [
        ("platform.kuaishou.leisure", "Kuaishou", "dau", 1),
        ("platform.kuaishou.leisure", "Kuaishou", "daily_minutes_per_dau", 1),
        ("platform.kuaishou.gamma", "Kuaishou", "daily_minutes_per_dau", 1),
        ("platform.kuaishou.installed_at_start", "Kuaishou", "dau", 1),
        ("platform.douyin.leisure", "Kuaishou", "dau", -1),
        ("platform.pinduoduo.imitation", "Pinduoduo", "mau", 1),
        ("users.habit_weight", "Douyin", "dau", 1),
        (r"platform.kuaishou.recruit_trend\..*", "Kuaishou", "dau", 1),
        (r"platform.kuaishou.depth_trend\..*", "Kuaishou", "daily_minutes_per_dau", 1),
        ("platform.pinduoduo.appeal", "Pinduoduo", "gmv", 1),
        ("platform.pinduoduo.appeal", "Taobao+Tmall", "gmv", -1),
        ("users.impulse_rate", "Kuaishou", "gmv", 1),
        ("users.needs_per_day", "Pinduoduo", "orders", 1),
        ("users.first_order_cost", "Pinduoduo", "annual_active_buyers", -1),
    ],
)
def test_signs_of_slopes(
    setting: str,
    platform: str,
    metric: str,
    sign: int,
    here: Array,
    model: MeanFieldModel,
    settings: MarketSettings,
    parameters: Parameters,
    targets: Targets,
) -> None:
    one = parameters.only(f"^{setting}$")
    there = model(one.put(settings, one.values(one.scores(one.of(settings)) + 0.5)))
    which = named(targets, metric, platform)
    assert which.any()
    assert sign * np.log(there / here)[which][-1] > 0


def test_dear_prices_weigh_for_who_subsidises(model: MeanFieldModel, settings: MarketSettings) -> None:
    """Pinduoduo's subsidies begin in June 2019: a larger weight of prices raises its share of GMV, and only then."""
    share = []
    for weight in (2.0, 3.0):
        users = settings.users.model_copy(update={"price_weight": weight})
        found = path(settings.model_copy(update={"users": users}), model.trade, model.precision)
        gmv = found.of_platforms["gmv"]
        share.append(gmv[:, settings.first_platforms.index("pinduoduo")] / gmv.sum(axis=1))
    assert share[1][:120] == pytest.approx(share[0][:120])
    assert (share[1][-90:] > share[0][-90:]).all()


def test_finds_back_what_made_the_facts(
    model: MeanFieldModel, settings: MarketSettings, parameters: Parameters, targets: Targets
) -> None:
    """Facts made by the path at known scores; the prior draws by far less than the tolerance of 0.1."""
    some = parameters.only(r"^platform\.kuaishou\.leisure$|^platform\.pinduoduo\.appeal$|^users\.needs_per_day$")
    truth = np.array([0.3, -0.2, 0.4])
    made = model(some.put(settings, some.values(truth)))
    facts = Targets(
        tuple(
            dataclasses.replace(target, value=float(value), error=0.01)
            for target, value in zip(targets.all, np.where(model.seen, made, targets.values), strict=True)
        ),
        {},
    )
    exact = MeanFieldModel.__new__(MeanFieldModel)
    exact.__dict__ |= model.__dict__ | {"targets": facts, "corrections": np.ones(len(targets))}
    fit = CorrectedFit(exact, settings, some)
    assert fit.loss(truth) == pytest.approx(np.square(truth).sum() / 2)
    found = fit.solve(np.zeros(3), np.ones(3, bool), 5)
    assert found == pytest.approx(truth, abs=0.1)


def test_moves_only_what_it_sees_and_comes_closer(
    settings: MarketSettings, parameters: Parameters, targets: Targets
) -> None:
    some = parameters.only(r"^platform\.kuaishou\.(leisure|appeal)$|^merchants\.entry_hazard$")
    start = some.scores(some.of(settings))
    start[some.names.index("platform.kuaishou.leisure")] += 1
    small = sized(settings, 300, 30, dt.date(2019, 6, 30))
    told: list[str] = []
    fit = fit_meanfield(
        small, some, targets.until(small.calendar.end), start, 1, 3, precision=Precision(users=256), told=told.append
    )
    assert fit.moved == ["platform.kuaishou.leisure", "platform.kuaishou.appeal"], "merchants are those of a run"
    unmoved = [name not in fit.moved for name in some.names]
    assert (fit.scores == start)[unmoved].all()
    assert fit.losses[-1] < fit.losses[0]
    assert len(told) == 1


def test_a_market_that_decides_is_refused(model: MeanFieldModel, settings: MarketSettings) -> None:
    deciding = load_settings(["strategies.kuaishou=imitate"])
    with pytest.raises(SettingsError, match=r"strategy.name=imitate \(kuaishou\)"):
        model(sized(deciding, 200, 30, END))
    entered = load_settings(["scenario=entrant_xiaohongshu"])
    with pytest.raises(SettingsError, match="entrants"):
        model(sized(entered, 200, 30, entered.calendar.end))


def test_errors_are_logarithms_in_standard_errors(targets: Targets) -> None:
    above = np.array([target.bound != "at_least" for target in targets.all], float)
    assert errors_of(targets.values * np.exp(targets.errors), targets) == pytest.approx(above)
    assert np.isfinite(errors_of(np.zeros(len(targets)), targets)).all()
