"""Free parameters: scales and priors go there and back; a bad file is refused with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.parameters import Parameter, Parameters, gone_settings, read_parameters
from secondhalf.experiments.command.compose import load_settings

SETTINGS = load_settings()


def file(folder: Path, *lines: str) -> str:
    path = folder / "own.yaml"
    path.write_text("parameters:\n" + "".join(f"- {line}\n" for line in lines), encoding="utf-8")
    return str(path)


def by_name(parameters: Parameters, name: str) -> Parameter:
    (found,) = [parameter for parameter in parameters.all if parameter.name == name]
    return found


def test_scores_and_values_go_there_and_back() -> None:
    parameters = read_parameters(SETTINGS)
    rng = np.random.default_rng(0)
    low, high = parameters.limits
    scores = np.clip(rng.standard_normal(len(parameters)), low, high)
    np.testing.assert_allclose(parameters.scores(parameters.values(scores)), scores, atol=1e-9)
    own = parameters.of(SETTINGS)
    back = parameters.values(parameters.scores(own))
    assert all(back[name] == pytest.approx(own[name]) for name in own)


def test_values_arrive_in_the_settings() -> None:
    parameters = read_parameters(SETTINGS)
    scores = np.full(len(parameters), 0.1)
    moved = parameters.put(SETTINGS, parameters.values(scores))
    assert parameters.scores(parameters.of(moved)) == pytest.approx(scores)
    assert moved.population == SETTINGS.population
    assert parameters.put(moved, parameters.of(SETTINGS)) == SETTINGS


def test_a_score_of_zero_is_the_prior_mean_and_one_a_standard_deviation() -> None:
    parameters = read_parameters(SETTINGS)
    zero = parameters.values(np.zeros(len(parameters)))
    shock, leisure = by_name(parameters, "users.shock"), by_name(parameters, "platform.jd.leisure")
    assert zero["users.shock"] == pytest.approx(shock.mean)
    installed = by_name(parameters, "platform.jd.installed_at_start")
    assert (installed.scale, zero[installed.name]) == ("logit", pytest.approx(installed.mean))
    one = parameters.values(np.ones(len(parameters)))
    assert one["users.shock"] == pytest.approx(shock.mean * np.exp(shock.sd))
    assert one["platform.jd.leisure"] == pytest.approx(leisure.mean + leisure.sd)


def test_a_step_is_a_factor_to_the_date_before(tmp_path: Path) -> None:
    plain = SETTINGS.model_dump(mode="json")
    plain["platform"]["douyin"]["recruit_trend"] = {"2020-12-31": 1.0, "2022-12-31": 1.0, "2024-12-31": 1.0}
    line = "{setting: platform.douyin.recruit_trend.*, scale: step, mean: 1.0, sd: 0.25, bounds: [0.4, 2.5]}"
    parameters = read_parameters(MarketSettings.from_dict(plain), file(tmp_path, line))
    values = parameters.values(np.ones(len(parameters)))
    assert list(values.values()) == pytest.approx([np.exp(0.25 * n) for n in (1, 2, 3)])


def test_trends_and_choice_are_among_them() -> None:
    names = read_parameters(SETTINGS).names
    assert any(".recruit_trend.20" in name for name in names)
    assert any(".depth_trend.20" in name for name in names)
    assert {"users.channel_nest", "users.opening_cost", "platform.kuaishou.appeal"} <= set(names)


def test_names_of_another_structure_are_found() -> None:
    names = ["platform.jd.affordability", "users.shock", "strategy.recruit.jd.2019-07-01", "seed"]
    assert gone_settings(names, SETTINGS) == [names[0], names[2]]


def test_the_prior_is_the_same_for_all_platforms() -> None:
    """Or a fact could hide in it. What a storefront begins with differs by line of business.

    Whom dear and cheap goods suit is declared platform by platform, and docs/calibration.md says so.
    """
    priors: dict[tuple[str, str], set[tuple[float, float]]] = {}
    for parameter in read_parameters(SETTINGS).all:
        if parameter.path[0] == "platform":
            what, kind = ".".join(parameter.path[2:]), SETTINGS.platform[parameter.path[1]].kind
            by_kind = kind if what == "open_at_start.storefront.maturity" else ""
            priors.setdefault((what, by_kind), set()).add((parameter.mean, parameter.sd))
    assert priors
    assert {what for (what, _), found in priors.items() if len(found) > 1} == {"tier_fit"}
    document = (Path(__file__).parents[3] / "docs" / "calibration.md").read_text(encoding="utf-8")
    assert "but for `tier_fit`" in document


GOOD = "{setting: users.shock, scale: log, mean: 0.9, sd: 0.3, bounds: [0.2, 3.0]}"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{setting: users.shock, scale: log, mean: 0.9, sd: 0.3, bounds: [3.0, 0.2]}", "are crossed"),
        (
            "{setting: users.shokc, scale: log, mean: 0.9, sd: 0.3, bounds: [0.2, 3.0]}",
            "no such number among the settings",
        ),
        ("{setting: users, scale: log, mean: 0.9, sd: 0.3, bounds: [0.2, 3.0]}", "no such number among the settings"),
        ("{setting: users.shock, scale: log, mean: 9.0, sd: 0.3, bounds: [0.2, 3.0]}", "mean=9.0 lies outside"),
        ("{setting: users.shock, scale: log, mean: 0.9, sd: -0.3, bounds: [0.2, 3.0]}", "sd=-0.3"),
        ("{setting: users.shock, scale: log, mean: 0.9, sd: 0.3, bounds: [0.0, 3.0]}", "needs bounds above 0"),
        ("{setting: users.shock, scale: root, mean: 0.9, sd: 0.3, bounds: [0.2, 3.0]}", "linear, log, logit, step"),
        (GOOD, "users.shock is named twice"),
    ],
)
def test_a_bad_line_is_refused(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_parameters(SETTINGS, file(tmp_path, GOOD, line))
    assert str(refused.value).startswith("own.yaml line 3: ")
    assert reason in str(refused.value)


def test_todays_value_must_lie_within_the_bounds(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"users.shock=\d\.\d+ is outside of bounds=\[2.0, 3.0\]"):
        read_parameters(
            SETTINGS, file(tmp_path, "{setting: users.shock, scale: log, mean: 2.5, sd: 0.3, bounds: [2.0, 3.0]}")
        )


def test_only_some() -> None:
    parameters = read_parameters(SETTINGS)
    assert len(parameters.only("gamma$")) == sum("gamma" in name for name in parameters.names) > 1
    with pytest.raises(SettingsError, match="finds none"):
        parameters.only("alpha$")
    with pytest.raises(SettingsError, match="no regular expression"):
        parameters.only("(")
