"""The calendar: curves through knots, damped growth, festivals, seasons of mean one, month windows, leap years."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.calendar import Driver
from secondhalf.conf.schema.mechanisms import Mechanisms
from secondhalf.conf.schema.population import Spending
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.calendar import FLOW_WINDOW, MarketCalendar, driver_curve, tier_cdf

NAMES = ["kuaishou", "taobao"]
FESTIVAL = {
    "from_day": "06-10",
    "to_day": "06-18",
    "peak_day": "06-17",
    "platforms": ["taobao"],
    "demand": 2.0,
    "peak_demand": 5.0,
    "pull": 0.4,
    "traffic_boost": {2020: 0.1, 2022: 0.3},
    "traffic_package": {2021: 0.5},
    "single_day_until": 2019,
}


def driver(knots: dict[str, float], **given: Any) -> Driver:
    return Driver.model_validate({"unit": "x", "source": "y", "knots": knots} | given)


def calendar(start: str, end: str, off: tuple[str, ...] = (), **festivals: dict[str, Any]) -> MarketCalendar:
    """A market's calendar with the given festivals only."""
    everything = load_settings([f"calendar.start={start}", f"calendar.end={end}"])
    own = everything.calendar
    plain = own.model_dump() | {"festivals": festivals}
    mechanisms = Mechanisms(**dict.fromkeys(off, False))
    return MarketCalendar(type(own).model_validate(plain), everything.users, NAMES, mechanisms)


def needs_per_day() -> float:
    """Planned needs of the mean person where every factor is one."""
    return load_settings([]).users.needs_per_day


def test_curves_pass_through_their_knots_and_stay_between_them() -> None:
    knots = {"2018-07-01": 90.0, "2019-03-01": 100.0, "2020-02-29": 130.0, "2021-01-01": 110.0}
    start = dt.date(2019, 1, 1)
    curve = driver_curve(driver(knots), start, 800)
    at = {dt.date.fromisoformat(day): value for day, value in knots.items()}
    for day, value in list(at.items())[1:]:
        assert curve[(day - start).days] == pytest.approx(value, rel=1e-12)
    rising = curve[59 : (dt.date(2020, 2, 29) - start).days + 1]
    assert (np.diff(rising) >= 0).all(), "monotone where the knots are"


def test_level_before_the_first_knot() -> None:
    curve = driver_curve(driver({"2019-06-01": 5.0, "2019-12-01": 9.0}), dt.date(2019, 1, 1), 160)
    assert (curve[: (dt.date(2019, 6, 1) - dt.date(2019, 1, 1)).days + 1] == 5.0).all()


@pytest.mark.parametrize("damping", [0.0, 0.5, 1.0])
def test_growth_after_the_last_knot_is_damped(damping: float) -> None:
    """d ln x / dt = g exp(-damping years), g the mean log growth of the last `trend_days`."""
    own = driver({"2019-01-01": 100.0, "2020-01-01": 121.0}, trend_days=365, damping=damping)
    curve = driver_curve(own, dt.date(2019, 1, 1), 365 + 4 * 365)
    growth = np.log(1.21) / 365
    days = np.arange(4 * 365)
    slope = np.diff(np.log(curve[365:]))
    middle = growth * np.exp(-damping * (days[:-1] + 0.5) / 365)
    assert slope == pytest.approx(middle, rel=1e-4)
    if damping:
        limit = 121 * np.exp(growth * 365 / damping)
        assert curve[-1] < limit


def test_trend_is_that_of_its_own_days() -> None:
    """A trend of half a year looks back along the curve, and no further than the first knot."""
    flat_then_up = {"2018-01-01": 100.0, "2019-01-01": 100.0, "2019-07-02": 110.0}
    short = driver_curve(driver(flat_then_up, trend_days=182, damping=0), dt.date(2019, 7, 2), 183)
    assert short[182] == pytest.approx(110 * 1.1, rel=1e-9)
    long = driver_curve(driver(flat_then_up, trend_days=9999, damping=0), dt.date(2019, 7, 2), 548)
    assert long[547] == pytest.approx(110 * 1.1, rel=1e-9)


def test_steady_world_without_outside_growth() -> None:
    own = calendar("2019-01-01", "2021-12-31", off=("outside_growth",))
    for curve in (own.people_online, own.phone_minutes, own.planned_demand, own.need_value, own.tier_cdf):
        assert (curve == curve[0]).all()


SPENDING = {
    "amounts": [20, 100, 400],
    "incomes": [
        {"name": "lower", "share": 0.7, "tiers": [0.6, 0.3, 0.1]},
        {"name": "higher", "share": 0.3, "tiers": [0.2, 0.5, 0.3]},
    ],
}


def mean_amounts(spending: Spending, cdf: np.ndarray) -> np.ndarray:
    """Mean amount of a need by day and class of income, [days, K]."""
    shares = np.diff(cdf.astype(float), axis=2, prepend=0.0)
    assert (shares >= 0).all()
    return np.asarray(shares @ np.array(spending.amounts))


@pytest.mark.parametrize("value", [0.3, 0.529, 0.9, 1.0, 1.05, 2.0])
def test_the_mean_amount_moves_as_need_value_does(value: float) -> None:
    own = Spending.model_validate(SPENDING)
    people = np.array([one.share for one in own.incomes])
    plain = people @ np.array([one.tiers for one in own.incomes]) @ np.array(own.amounts)
    cdf = tier_cdf(own, np.array([value, 1.0]))
    assert cdf.shape == (2, 2, 3)
    assert (cdf[:, :, -1] == 1).all()
    by_class = mean_amounts(own, cdf)
    assert by_class @ people == pytest.approx(plain * np.array([value, 1.0]), rel=1e-3)
    assert (by_class[:, 0] < by_class[:, 1]).all(), "who earns more spends more, whatever the tilt"
    assert cdf[1, :, :2] == pytest.approx(np.cumsum([one.tiers for one in own.incomes], axis=1)[:, :2], rel=1e-5)


def test_one_tilt_a_day_for_all_classes() -> None:
    """Odds of two tiers are those of the settings times the ratio of their amounts to one power."""
    own = Spending.model_validate(SPENDING)
    shares = np.diff(tier_cdf(own, np.array([0.6]))[0].astype(float), axis=1, prepend=0.0)
    given = np.array([one.tiers for one in own.incomes])
    logs = np.log(own.amounts)
    tilts = np.diff(np.log(shares / given), axis=1) / np.diff(logs)
    assert tilts == pytest.approx(np.full((2, 2), tilts[0, 0]), rel=1e-4)
    assert tilts[0, 0] < 0


def test_what_platforms_count_beyond_retail_multiplies_the_value_of_a_need() -> None:
    knots = {"2018-07-01": 1.0, "2019-07-01": 1.0, "2024-07-01": 1.6}
    plain = load_settings(["calendar.end=2021-12-31"]).model_dump(mode="json")
    made = {}
    for name, over in (("plain", dict.fromkeys(knots, 1.0)), ("over", knots)):
        plain["calendar"]["gmv_over_retail"]["knots"] = over
        own = MarketSettings.from_dict(plain)
        made[name] = MarketCalendar(own.calendar, own.users, list(own.platform), own.mechanisms)
    factor = driver_curve(own.calendar.gmv_over_retail, own.calendar.start, made["over"].days)
    assert made["over"].need_value == pytest.approx(made["plain"].need_value * factor)
    assert factor[-1] > 1.1
    assert not np.array_equal(made["over"].day(1000).tier_cdf, made["plain"].day(1000).tier_cdf)


def test_the_markets_needs_follow_the_driver() -> None:
    """The calendar hands the day's tiers to the stage that meets needs."""
    users = load_settings([]).users
    own = calendar("2019-01-01", "2024-12-31")
    people = np.array([one.share for one in users.spending.incomes])
    days = np.array([own.day(number).tier_cdf for number in range(0, own.days, 30)])
    amounts = own.day(0).tier_amount
    assert amounts == pytest.approx(users.spending.amounts)
    plain = people @ np.array([one.tiers for one in users.spending.incomes]) @ np.array(users.spending.amounts)
    mean = np.diff(days.astype(float), axis=2, prepend=0.0) @ amounts @ people
    assert mean == pytest.approx(plain * own.need_value[::30], rel=1e-3)
    assert np.ptp(own.need_value) > 0.1, "or this tests nothing"


def test_one_tier_has_no_tilt() -> None:
    one = Spending.model_validate({"amounts": [80], "incomes": [{"name": "all", "share": 1.0, "tiers": [1.0]}]})
    assert (tier_cdf(one, np.array([0.5, 2.0])) == 1).all()


@pytest.mark.parametrize("value", [0.1, 5.0])
def test_a_mean_that_no_mix_has_is_refused(value: float) -> None:
    own = Spending.model_validate(SPENDING)
    with pytest.raises(
        SettingsError,
        match=r"^calendar\.need_value, calendar\.gmv_over_retail: no mix of users\.spending\.amounts=\[.*\] has",
    ):
        tier_cdf(own, np.array([1.0, value]))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("users.spending.amounts=[35,330,95]", "must rise from tier to tier"),
        ("users.spending.amounts=[35,95]", "2 shares are needed, one for each of users.spending.amounts"),
        (
            "users.spending.incomes.0.tiers=[0.5,0.3,0.1]",
            r"users\.spending\.incomes\.0\.tiers=.*must add up to 1, not 0.9",
        ),
        ("users.spending.incomes.0.share=0.5", r"users\.spending\.incomes\.\*\.share=.*must add up to 1, not 1.1"),
    ],
)
def test_tiers_that_do_not_add_up_are_refused(word: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refused:
        load_settings([word])
    assert "\n" not in str(refused.value)


def test_seasons_have_mean_one() -> None:
    """Over 400 years of weekdays and months factors average to one; over four years to within the odd days."""
    own = calendar("2019-01-01", "2022-12-31")
    by_month = [np.mean([own.season[d] for d, date in enumerate(own.dates) if date.month == m]) for m in range(1, 13)]
    assert np.mean(by_month) == pytest.approx(1, abs=2e-3)
    by_weekday = [np.mean([own.season[d] for d, date in enumerate(own.dates) if date.weekday() == w]) for w in range(7)]
    assert np.mean(by_weekday) == pytest.approx(1, abs=5e-3)
    raw = load_settings([]).calendar
    months, weekdays = np.array(raw.months) / np.mean(raw.months), np.array(raw.weekdays) / np.mean(raw.weekdays)
    assert np.outer(months, weekdays).mean() == pytest.approx(1, rel=1e-12)
    monday = (dt.date(2020, 5, 4) - own.start).days
    assert own.season[monday] == pytest.approx(months[4] * weekdays[0], rel=1e-12)
    assert (calendar("2019-01-01", "2019-12-31", off=("seasons",)).season == 1).all()


def test_festivals() -> None:
    own = calendar("2019-01-01", "2022-12-31", sale=FESTIVAL)
    day = {year: (dt.date(year, 6, 10) - own.start).days for year in range(2019, 2023)}
    assert own.windows["sale"] == [(day[2019] + 7, day[2019] + 7), *((day[y], day[y] + 8) for y in (2020, 2021, 2022))]
    inside = np.zeros(own.days, bool)
    for first, last in own.windows["sale"]:
        inside[first : last + 1] = True
    peaks = np.array([day[year] + 7 for year in day])
    expected = np.where(inside, 2.0, 1.0)
    expected[peaks] = 5.0
    assert own.festival_demand == pytest.approx(expected)
    assert own.pull[:, 0].max() == 0, "only the platforms that hold it"
    assert own.pull[:, 1] == pytest.approx(np.where(inside, 0.4, 0.0))
    boosts = [own.boost[day[year] + 7, 1] for year in day]
    assert boosts == [0.0, 0.1, 0.1, 0.3], "the latest year given, none before the first"
    assert [own.package[day[year] + 7, 1] for year in day] == [0.0, 0.0, 0.5, 0.5]
    assert {day[2020], day[2020] + 9} <= own.festival_edges


def test_festivals_at_the_ends_of_a_run() -> None:
    """A run that begins within a festival sees its rest; one that ends before the peak never sees it."""
    within = calendar("2020-06-14", "2020-12-31", sale=FESTIVAL)
    assert within.windows["sale"] == [(0, 4)]
    assert within.festival_demand[:6].tolist() == pytest.approx([2, 2, 2, 5, 2, 1])
    before = calendar("2020-06-01", "2020-06-12", sale=FESTIVAL)
    assert before.windows["sale"] == [(9, 11)]
    assert before.festival_demand.max() == pytest.approx(2)
    assert calendar("2020-07-01", "2020-12-31", sale=FESTIVAL).windows["sale"] == []


def test_settling_in_knows_no_festival() -> None:
    """Also where the first day lies within one."""
    own = calendar("2020-06-14", "2020-12-31", sale=FESTIVAL | {"basket": 1.5, "peak_basket": 2.0})
    assert own.basket_factor(-1) == 1.0
    assert own.day(-1).planned == pytest.approx(needs_per_day() * own.planned_demand[0])
    assert (own.day(-1).tier_cdf == own.tier_cdf[0]).all()
    assert [own.basket_factor(day) for day in (0, 3, 4, 5)] == pytest.approx([1.5, 2.0, 1.5, 1.0])


def test_festival_switches() -> None:
    quiet = calendar("2020-01-01", "2022-12-31", off=("festivals",), sale=FESTIVAL)
    assert (quiet.festival_demand == 1).all()
    assert quiet.pull.max() == quiet.boost.max() == quiet.package.max() == 0
    assert len(quiet.windows["sale"]) == 3, "still reported"
    plain = calendar("2020-01-01", "2022-12-31", off=("traffic_boost", "traffic_package"), sale=FESTIVAL)
    assert plain.boost.max() == plain.package.max() == 0
    assert plain.pull.max() == pytest.approx(0.4)


def test_a_festival_without_demand_is_possible() -> None:
    """Zero demand is an allowed setting: nobody plans to buy but on the peak."""
    own = calendar("2020-06-01", "2020-06-30", sale=FESTIVAL | {"demand": 0.0})
    assert own.festival_demand[9:18].tolist() == pytest.approx([0] * 7 + [5, 0])


def test_a_festival_day_that_not_every_year_has_is_refused() -> None:
    with pytest.raises(SettingsError, match="one_one_six"):
        load_settings(["calendar.festivals.one_one_six.from_day=02-29"])


@settings(max_examples=60, deadline=None)
@given(st.dates(dt.date(2019, 1, 1), dt.date(2040, 1, 1)), st.integers(0, 400))
def test_months_and_quarters(start: dt.date, length: int) -> None:
    own = short_calendar(start, length)
    for number, date in enumerate(own.dates):
        following = date + dt.timedelta(days=1)
        last = following.month != date.month
        assert own.ends_month(number) == (last or number == own.days - 1)
        assert (own.days_left_in_month(number) == 0) == last
        left = own.days_left_in_month(number)
        assert (date + dt.timedelta(days=left)).month == date.month
        assert (date + dt.timedelta(days=left + 1)).day == 1
        assert own.in_flow_window(number) == (left < FLOW_WINDOW)
        assert own.starts_quarter(number) == ((date.month - 1) % 3 == 0 and date.day == 1)


def short_calendar(start: dt.date, length: int) -> MarketCalendar:
    """A calendar whose dates alone matter (made without composing settings anew)."""
    own = MarketCalendar.__new__(MarketCalendar)
    own.start, own.days = start, length + 1
    own.dates = [start + dt.timedelta(days=d) for d in range(length + 1)]
    return own


def test_february_and_leap_years() -> None:
    own = calendar("2019-01-01", "2020-12-31")
    february = [d for d, date in enumerate(own.dates) if (date.year, date.month) == (2020, 2)]
    assert len(february) == 29
    assert [own.in_flow_window(d) for d in february] == [False] + [True] * 28
    assert all(own.in_flow_window(d) for d, date in enumerate(own.dates) if (date.year, date.month) == (2019, 2))
    window = [d for d, date in enumerate(own.dates) if date.month == 1 and date.year == 2019 and own.in_flow_window(d)]
    assert len(window) == FLOW_WINDOW


def test_days_of_settling_in_are_out_of_season() -> None:
    own = calendar("2019-06-15", "2019-07-15", sale=FESTIVAL | {"single_day_until": 2018})
    first = own.day(-3)
    assert float(first.planned) == pytest.approx(needs_per_day() * own.planned_demand[0], rel=1e-6)
    assert float(first.repeat) == 1.0
    assert float(first.budget) == pytest.approx(own.phone_minutes[0], rel=1e-6)
    assert own.in_flow_window(-FLOW_WINDOW)
    assert not own.in_flow_window(-FLOW_WINDOW - 1)
    peak = own.day(2)
    expected = needs_per_day() * own.planned_demand[2] * own.season[2] * 5.0
    assert float(peak.planned) == pytest.approx(expected, rel=1e-6)
    assert not own.ends_month(-1)
    assert not own.starts_quarter(-1)
