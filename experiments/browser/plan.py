"""A plan: interventions on coming days, and the day on which the run pauses."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.browser.market.interventions import RefusedError, check_names
from secondhalf.experiments.browser.messages import Planned
from secondhalf.experiments.browser.text import say


@dataclass
class PlannedRun:
    """What is to come of a link or of a step of the story.

    Attributes
    ----------
    coming
        interventions, in the order of their days
    until
        days after which the run pauses
    """

    coming: deque[Planned]
    until: int

    @classmethod
    def of(cls, settings: MarketSettings, interventions: Sequence[Planned], until: int) -> PlannedRun:
        """A plan for a market.

        Raises
        ------
        RefusedError
            when the market has no such days, platform or capability, or the days are in no order
        """
        start, days = settings.calendar.start, (settings.calendar.end - settings.calendar.start).days + 1
        if until > days:
            raise RefusedError(say("plan_days", given=str(until), most=str(days)))
        before = 0
        for one in interventions:
            if not before <= one.day <= until:
                raise RefusedError(say("plan_order", given=str(one.day), most=str(until)))
            before = one.day
            wish = one.model_dump(exclude_none=True, exclude={"day"})
            check_names(settings, wish, start + dt.timedelta(days=one.day))
        return cls(deque(interventions), until)

    @property
    def first(self) -> int:
        """The last day from which the plan can be carried out as it is."""
        return self.coming[0].day if self.coming else self.until
