"""What `secondhalf counterfactual` compares, and what it refuses before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import compose_config
from secondhalf.experiments.counterfactual.arms import find_arms
from tests.experiments.conftest import refused


@pytest.mark.parametrize(
    ("words", "baseline", "alternative"),
    [
        (["scenario=kuaishou_first"], "scenario=baseline", "scenario=kuaishou_first"),
        (["strategy=hold"], "strategy=history", "strategy=hold"),
        (["strategies.jd=hold"], "strategies.jd=history", "strategies.jd=hold"),
        (["scenario=kuaishou_first", "strategies.jd=hold"], "scenario=baseline", None),
        (['counterfactual.with=["mechanisms.habit=false"]'], "mechanisms.habit=True", "mechanisms.habit=False"),
        (["strategy=hold", 'counterfactual.against=["strategy=history"]'], "strategy=history", "strategy=hold"),
    ],
)
def test_what_the_two_arms_are(words: list[str], baseline: str, alternative: str | None) -> None:
    arms = find_arms(compose_config(words))
    assert arms.baseline_words == baseline
    if alternative is None:  # of a scenario and a strategy, the baseline is without the scenario only
        assert arms.baseline.strategies == arms.alternative.strategies != {}
    else:
        assert arms.alternative_words == alternative
    assert arms.baseline != arms.alternative


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "counterfactual: nothing differs between the baseline and the alternative"),
        (["population.merchants=10"], "counterfactual: nothing differs"),
        (["scenario=kuaishou_never_mall", "calendar.end=2020-12-31"], "calendar.end=2020-12-31: nothing differs"),
        (['counterfactual.with=["seed=4"]'], "counterfactual: the two need the same seed"),
        (['counterfactual.with=["nonsense=4"]'], "nonsense=4: there is no such setting"),
    ],
)
def test_what_cannot_be_compared(words: list[str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        find_arms(compose_config(words))
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("scenario=nobody", "scenario=nobody: unknown choice; allowed are"),
        ("strategy=hold counterfactual.seeds=1", "counterfactual.seeds=1: input should be greater than or equal to 2"),
        ("population.users=100", "counterfactual: nothing differs"),
    ],
)
def test_one_sentence_before_any_work(here: Path, capsys: pytest.CaptureFixture[str], words: str, message: str) -> None:
    assert refused(capsys, "counterfactual", *words.split()).startswith(message)
    assert list(here.iterdir()) == []


def test_members_of_the_ensemble_are_put_into_both_arms() -> None:
    """What the command itself sets keeps its value, in both arms; all else that was fitted is the member's."""
    words = ["strategy=hold", "users.habit_weight=0.5", "counterfactual.users=60", "counterfactual.members=3"]
    arms = find_arms(compose_config(words))
    assert arms.members is not None
    assert len(arms.members) == 3
    assert arms.members.kept == {"users.habit_weight"}
    one, other = arms.of(1, 7)
    fitted = arms.members.parameters.values(arms.members.scores[1])
    assert one.users.shock == other.users.shock == pytest.approx(fitted["users.shock"])
    assert one.users.habit_weight == other.users.habit_weight == 0.5
    assert (one.seed, other.strategy.name) == (7, "hold")
    assert find_arms(compose_config([*words, "counterfactual.ensemble=false"])).members is None


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (
            "members=41",
            r"counterfactual.members=41: counterfactual.calibration=calibration has 40, and allowed are at most",
        ),
        ("calibration=nowhere", "counterfactual.calibration=nowhere: no whole calibration is there"),
    ],
)
def test_an_ensemble_that_does_not_fit_is_refused(word: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        find_arms(compose_config(["strategy=hold", f"counterfactual.{word}"]))
