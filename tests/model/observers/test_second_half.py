"""The second half of hand-made books with known answers, of the market and of single platforms."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.model.observers.second_half import NAMES, SECOND_HALF_DAYS, Level, Phase, phase, trailing_years
from secondhalf.model.users.attention_flows import BUDGET, LOST, NEW, OUTSIDE, TRANSFER

Array = NDArray[np.float64]
MONTH = 30
"""Days of a month in these books."""


def month(new: float = 0, outside: float = 0, budget: float = 0, transfer: float = 0, lost: float = 0) -> Array:
    """Books of platform 0; what it takes from platform 1 is booked there as a loss."""
    flows = np.zeros((5, 2, 4))
    flows[NEW, 0, 2], flows[OUTSIDE, 0, 2], flows[BUDGET, 0, 3] = new, outside, budget
    flows[TRANSFER, 0, 1], flows[TRANSFER, 1, 0], flows[LOST, 0, 2] = transfer, -transfer, lost
    return flows


def halves(months: list[Array], platform: int | None = None, days: int | None = None) -> Phase:
    """The phase of books closed every thirty days, up to the next closing unless `days` says otherwise."""
    return phase(np.array(months), closed(len(months)), days or MONTH * (len(months) + 1), platform)


def closed(months: int) -> list[int]:
    return [MONTH * (number + 1) for number in range(months)]


def test_trailing_years_by_hand() -> None:
    """Over both platforms what one takes from the other cancels; each has it in its own row."""
    books = np.array([month(new=n, outside=2, budget=-1, transfer=5, lost=-100) for n in range(1, 14)])
    assert trailing_years(books).tolist() == [[78, 24, -12, 0], [90, 24, -12, 0]]
    assert trailing_years(books, 0).tolist() == [[78, 24, -12, 60], [90, 24, -12, 60]]
    assert trailing_years(books, 1).tolist() == [[0, 0, 0, -60], [0, 0, 0, -60]]
    assert trailing_years(books[:11]).shape == (0, 4)
    assert NAMES == ("new", "outside", "budget", "transfer")


def test_new_users_dry_up_and_other_apps_take_over() -> None:
    """Fifteen months of 10 new and 1 from outside, then 1 new and 10 from outside.

    With k of the later months in the year new users bring 120 - 9k and the outside 12 + 9k: behind from k = 7, in month
    15 + 7. By then their best year is 120; a year later (k = 12) they bring 12.
    """
    found = halves([month(new=10, outside=1)] * 15 + [month(new=1, outside=10)] * 30)
    at, later = 15 + 7, 15 + 7 + 12
    assert found.day == MONTH * at
    assert (found.led_before, found.dried_up, found.took_over) == ("new", "new", "outside")
    assert found.later == MONTH * later
    assert found.levels["new"] == Level(peak=120, day=57, later=12)
    assert found.levels["outside"] == Level(peak=75, day=75, later=120)


def test_a_year_later_is_the_last_book_when_the_run_ends_sooner() -> None:
    found = halves([month(new=10, outside=1)] * 15 + [month(new=1, outside=10)] * 10)
    assert found.day == MONTH * 22
    assert found.later == MONTH * 25
    assert found.levels["new"].later == 30
    assert found.dried_up == "new"


def test_behind_is_not_yet_dry() -> None:
    """New users keep bringing 10 a month while the outside rises to 11: overtaken, nothing dried up."""
    found = halves([month(new=10, outside=9)] * 15 + [month(new=10, outside=11)] * 30)
    assert found.day is not None
    assert (found.led_before, found.dried_up, found.took_over) == ("new", None, "outside")
    assert found.levels["new"] == Level(120, 120, 120)


@pytest.mark.parametrize(("after", "dry"), [(4.9, "new"), (5.0, None)])
def test_dry_is_below_half_of_the_peak(after: float, dry: str | None) -> None:
    found = halves([month(new=10, outside=1)] * 15 + [month(new=after, outside=20)] * 30)
    assert found.led_before == "new"
    assert found.dried_up == dry


@pytest.mark.parametrize("source", ["outside", "budget", "transfer"])
def test_which_source_takes_over(source: str) -> None:
    found = halves([month(new=10)] * 15 + [month(**{source: 10.0})] * 30, platform=0)
    assert found.took_over == source
    assert found.dried_up == "new"


def test_another_source_may_have_led_before() -> None:
    """Two books led by longer days are too few for a second half; then new users lead for one, and the outside."""
    year = [month(new=5, budget=20)] * 13
    found = halves([*year, month(new=150, budget=-90), month(new=-200, outside=300)] + [month()] * 15)
    assert found.day == MONTH * 15
    assert (found.led_before, found.dried_up, found.took_over) == ("budget", "budget", "outside")
    assert found.levels["budget"] == Level(peak=240, day=110, later=0)


def test_what_leads_again_has_not_dried_up() -> None:
    """The outside gives way to new users for one book and is back: whatever becomes of it, it was not replaced."""
    year = [month(new=5, outside=20)] * 13
    found = halves([*year, month(new=250, outside=20), month(new=-250)] + [month(new=1)] * 15)
    assert found.day == MONTH * 15
    assert (found.led_before, found.dried_up, found.took_over) == ("outside", None, "outside")
    assert found.levels["outside"].later == 0


def test_behind_from_the_first_full_year_on() -> None:
    """Nothing can be said about what came before: no source led, none dried up."""
    found = halves([month(new=1, outside=10)] * 20)
    assert found.day == MONTH * 12
    assert (found.led_before, found.dried_up, found.took_over) == (None, None, "outside")


def test_a_shorter_lead_does_not_count() -> None:
    """New users fall behind for two months, come back, and fall behind again for good."""
    pattern = [12.0] * 12 + [-40.0, 0.0] + [60.0] + [-90.0] * 10
    flows = [month(new=new, outside=8) for new in pattern]
    behind = trailing_years(np.array(flows))[:, 0] < 96
    assert behind[:6].tolist() == [False, True, True, False, True, True]
    assert halves(flows, days=MONTH * len(pattern)).day == MONTH * 16


def test_no_second_half() -> None:
    assert halves([month(new=5, outside=4)] * 30) == Phase()
    assert halves([np.zeros((5, 2, 4))] * 30) == Phase(), "where nothing flows, nothing is ahead"
    assert halves([month(new=4, outside=5)] * 11) == Phase(), "less than a year of books"
    assert halves([]) == Phase()
    assert Phase().levels == {}


def test_ninety_days_must_lie_within_the_run() -> None:
    books = [month(new=4, outside=5)] * 12
    assert halves(books, days=360 + SECOND_HALF_DAYS - 1).day is None
    assert halves(books, days=360 + SECOND_HALF_DAYS).day == 360
    assert halves([month(new=4, outside=5)] * 14, days=360 + SECOND_HALF_DAYS - 1) == Phase(), "within 15 months"


def test_a_platform_that_never_gains_has_none() -> None:
    """New users bring less than nothing, and so does every other source: no half of the game is its own."""
    losing = [month(new=-3, outside=-1, transfer=-2, lost=-50)] * 30
    assert halves(losing, platform=0) == Phase()
    assert halves([month(new=-3, lost=50)] * 30, platform=0) == Phase(), "`lost` is no source"
    assert halves([month(new=-3, outside=0.1)] * 30, platform=0).day == MONTH * 12, "a trickle is one"


def test_each_platform_has_its_own_day() -> None:
    """Platform 0 lives on new users throughout; platform 1 takes from it once its own new users are gone."""
    first, second = month(new=100), month(new=100, transfer=-30)
    for flows, new in ((first, 10.0), (second, 0.0)):
        flows[NEW, 1, 2] = new
    months = [first] * 15 + [second] * 20
    assert halves(months, platform=0) == Phase()
    found = halves(months, platform=1)
    # 120 - 10k new against 30k from platform 0, with k later months: behind from k = 4 on
    assert found.day == MONTH * 19
    assert (found.dried_up, found.took_over) == ("new", "transfer")
    assert halves(months) == Phase(), "the market as a whole goes by the larger platform"


def test_an_entrant_has_no_books_before_its_entry() -> None:
    """Nothing for fourteen months, new users for ten, then the outside: the empty months neither count nor lead."""
    nothing, entry, after = month(), month(new=10), month(outside=10)
    months = [nothing] * 14 + [entry] * 10 + [after] * 20
    found = halves(months, platform=0)
    # with k later months in the year: 100 - 10 (k - 2) new when k > 2, 10k from outside; level at k = 6, behind at 7
    assert found.day == MONTH * (24 + 7)
    assert (found.led_before, found.dried_up, found.took_over) == ("new", "new", "outside")
    assert halves([nothing] * 40, platform=0) == Phase()
    at_once = halves([nothing] * 14 + [month(new=1, outside=10)] * 20, platform=0)
    assert (at_once.day, at_once.led_before, at_once.took_over) == (MONTH * 15, None, "outside")


def test_ties_go_to_new_users_and_then_in_order() -> None:
    assert halves([month(new=5, outside=5)] * 30) == Phase()
    both = halves([month(new=9)] * 15 + [month(outside=7, budget=7)] * 20)
    assert both.took_over == "outside"
    level = halves([month(new=9, outside=9)] * 15 + [month(budget=30)] * 20)
    assert level.led_before == "new"
