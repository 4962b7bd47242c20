"""Shapes of arrays that compiled stages share: columns of users, the day's offer, the day's random streams.

All are plain NamedTuples of NumPy arrays, so a stage is a function of what it names and nothing else.
Sizes: P platforms, N users, F fan slots, M merchants, G tiers of spending, K classes of income.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.axes import Axes

NEVER = -32768
"""Day number of something that has not happened (day 0 is the first day of the calendar)."""

NOBODY = -1
"""An empty fan slot, or a need that was planted nowhere."""

NEED_PLANNED, NEED_IMPULSE, NEED_RIPENED, NEED_REPEAT = 1, 2, 4, 8
"""Bits of `Columns.needs`; a repeat need of fan slot f is bit ``NEED_REPEAT << f``."""

KIND_PLANNED, KIND_IMPULSE, KIND_RIPENED, KIND_REPEAT = 0, 1, 2, 3
"""Kinds of need: rows of `Offer.channel_value` and of the order books."""

FEED, SHELF = 0, 1
"""Groups of channels: those of the feed, which tastes for content favour, and the pan-shelf."""

ACTIVE_LAST_MONTH, ACTIVE_THIS_MONTH, BOUGHT_LAST_MONTH, BOUGHT_THIS_MONTH = 1, 2, 4, 8
"""Bits of `Columns.marks` (calendar months); shifted right by one, this month's become last month's."""

MARKS_LAST_MONTH = ACTIVE_LAST_MONTH | BOUGHT_LAST_MONTH

TENURE, YEAR_MONTHS = 4, 12
"""First bit of `Columns.marks` that holds months closed since installation, and where those stop counting."""

ALL_TENURE = np.uint8(0xFF << TENURE & 0xFF)

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I8 = NDArray[np.int8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bits = NDArray[np.unsignedinteger[Any]]
"""Numbers whose bit p speaks of platform p."""


class Columns(NamedTuple):
    """Users, one value each; two-dimensional columns lie platform by platform ([platform, user]).

    Each column is declared here once: its type, its axes, and what it holds until something is written to it. Columns
    of 16 bits hold codes, of which `users.storage` makes numbers. `installed` and `contact` are as wide as the number
    of platforms needs, `fan_merchant` as that of merchants does.
    """

    online_from: Annotated[I16, Axes("N")]  # first day online; before it no budget and no place in any mean
    budget_factor: Annotated[U16, Axes("N")]  # code: personal phone time relative to the mean of people online
    taste: Annotated[I16, Axes("TN")]  # code: taste for content and for shelves, zero mean
    need_rate: Annotated[U16, Axes("N")]  # code: planned needs relative to the mean person's
    installed: Annotated[U8, Axes("N")]  # bit p: platform p is installed
    last_used: Annotated[I16, Axes("PN", NEVER)]  # last day opened; `unopened` since it was installed, or NEVER
    last_bought: Annotated[I16, Axes("PN", NEVER)]  # last day with an order
    habit: Annotated[U16, Axes("PN")]  # code: stock in [0, 1], fed by minutes
    loyalty: Annotated[U16, Axes("PN")]  # code: stock in [0, 1], fed by orders
    minutes: Annotated[U16, Axes("PN")]  # code: the latest day's minutes
    minutes_now: Annotated[U16, Axes("PN")]  # code: minutes summed over the month's last 28 days (so far)
    minutes_before: Annotated[U16, Axes("PN")]  # code: the same of the month before
    marks: Annotated[U8, Axes("PN")]  # active / bought in this and the last month; months since installation
    interest: Annotated[F32, Axes("N")]  # stock of interest planted by selling content
    interest_origin: Annotated[I8, Axes("N", NOBODY)]  # platform where it was planted, NOBODY when none
    impulse_origin: Annotated[I8, Axes("N", NOBODY)]  # platform of today's impulse, NOBODY when none
    needs: Annotated[U8, Axes("N")]  # today's needs as bits
    contact: Annotated[U8, Axes("N")]  # installed apps of the friend met today
    fan_merchant: Annotated[I16, Axes("FN", NOBODY)]  # merchant of a fan tie, NOBODY when the slot is empty
    fan_platform: Annotated[I8, Axes("FN", NOBODY)]  # platform of the tie
    fan_day: Annotated[I16, Axes("FN", NEVER)]  # last purchase on the tie


class UserValues(NamedTuple):
    """What columns say, as numbers in their units: a copy, for readers in Python (`Population.values`)."""

    online_from: I16
    budget_factor: F32
    taste: F32
    need_rate: F32
    installed: U32
    last_used: I16
    last_bought: I16
    habit: F32
    loyalty: F32
    minutes: F32
    minutes_now: F32
    minutes_before: F32
    marks: U8
    interest: F32
    interest_origin: I8
    impulse_origin: I8
    needs: U8
    contact: U32
    fan_merchant: I32
    fan_platform: I8
    fan_day: I16


class Offer(NamedTuple):
    """What each platform offers today; the same for every user."""

    leisure: F32  # [P] log marginal utility of the first minute before taste and habit
    taste_weight: F32  # [2, P] loading on taste for content and for shelves
    gamma: F32  # [P] satiation, minutes
    seeding: F32  # [P] interest planted per minute watched
    channel_value: F32  # [4, 2, P] by kind of need and group: sum over channels of affinity x availability x supply^eps
    tier_value: F32  # [G, P] utility of buying by tier: appeal, fit to the tier, price, festival, less walking away
    sells: U8  # [P] 1 when orders can be placed
    attachment_sd: F32  # [P] standard deviation of lasting tastes of people for the platform
    never: F32  # [P] share of people who never install the app
    bonus: F32  # [P + 1, P] by origin of the need: closed loop (diagonal), open links; last row: planted nowhere
    innovation: F32  # [P] installation hazard per day without contact
    imitation: F32  # [P] added hazard when the day's contact has the app
    drop: F32  # [P] hazard per day of removing an app left unused
    fan_gain: F32  # [4, 2, P] probability that an order makes a fan, by kind of need and group of channels


class Shops(NamedTuple):
    """What users meet of merchants this week."""

    reach: F32  # [P, M] factor on a fan's repeat rate from the shop's own broadcasts
    products: F32  # [M] products on sale
    buyers_cdf: F64  # [P, M] cumulative share of the platform's orders by merchant


class DayStreams(NamedTuple):
    """Keys of today's draws (`random_streams.key`)."""

    contact: np.uint64
    adopt: U64  # [P]
    drop: U64  # [P]
    plant: np.uint64
    planned: np.uint64
    impulse: np.uint64
    ripened: np.uint64
    repeat: U64  # [F]
    shock: U64  # [P]
    tier: U64  # [3 + F]
    choose: U64  # [3 + F]
    become_fan: U64  # [3 + F]
    fan_merchant: U64  # [3 + F]
    fan_dropout: U64  # [F]
    fan_rate: np.uint64  # the same every day: traits of a tie
    fan_dropout_rate: np.uint64
    income: np.uint64  # these, too: traits of a person
    attachment: U64  # [P]
    never: U64  # [P]


class Behaviour(NamedTuple):
    """Users' parameters as the stages read them (units in `settings.users`)."""

    adoption_taste: np.float32
    taste_step: F32  # [2] a taste by the unit of its code
    idle_days: np.int64
    habit_weight: np.float32
    habit_rate: np.float32
    habit_half: np.float32
    social_weight: np.float32
    shock: np.float32
    outside: np.float32
    interest_kept: np.float32
    impulse_rate: np.float32
    impulse_power: np.int64
    ripening_rate: np.float32
    ripened_share: np.float32
    fresh_days: np.int64
    orders_per_need: F32  # [4] by kind of need
    income_cdf: F32  # [K] cumulative share of people by class of income
    content_liking: np.float32  # weight of a person's taste for content in the value of feed channels
    shelf_liking: np.float32  # the same of the taste for shelves in the value of pan-shelf channels
    channel_nest: np.float32  # lambda: dissimilarity of the channels of one platform
    platform_nest: np.float32  # mu: dissimilarity of platforms against walking away
    opening: np.uint8  # 1 where needs other than impulses may open an installed app
    opening_cost: np.float32  # utility lost where a need must open the app
    first_order_cost: np.float32  # utility lost where a person has never ordered at the platform
    session: np.float32  # minutes that a need met adds to the day
    price_weight: np.float32  # eta
    loyalty_weight: np.float32
    loyalty_kept: np.float32
    loyalty_step: np.float32
    repeat_bonus: np.float32
    fan_rates: F32  # quantiles of the gamma distribution of a tie's daily purchase rate
    fan_dropouts: F32  # quantiles of the beta distribution of a tie's death after an order


class Day(NamedTuple):
    """The calendar's part of today."""

    number: np.int64
    budget: np.float32  # phone minutes of the mean person online
    planned: np.float32  # planned needs of the mean person
    repeat: np.float32  # factor on fans' repeat rates
    tier_cdf: F32  # [K, G] cumulative share of needs by class of income and tier of spending
    tier_amount: F32  # [G] RMB spent on a need of each tier
    count_window: np.uint8  # 1 within the last 28 days of a month: minutes enter the flow books
