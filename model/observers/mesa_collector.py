"""Mesa data collector: the record of a market, seen as a `mesa.DataCollector` by Mesa's tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import mesa
import pandas as pd

from secondhalf.model.observers.record import Record
from secondhalf.model.state import State

Row = tuple[Any, ...]


class RecordCollector(mesa.DataCollector):
    """The market's record as a data collector; nothing is collected or kept, tables are built when they are asked for.

    Model variables are the date and the columns of market.csv, agent variables the name and the columns of daily.csv of
    every platform. `Step` is the number of the day, 0 the first, in both.

    Parameters
    ----------
    market, record
        read whenever something is asked for
    """

    def __init__(self, market: State, record: Record) -> None:
        # The base class would make lists of its own for what are views here.
        self._market, self._record = market, record
        self.model_reporters = {"date": _date, **record.of_market}
        self.agent_reporters = {"platform": _name, **record.by_platform}
        self.agenttype_reporters: dict[type, Any] = {}
        self._agenttype_records: dict[int, Any] = {}
        self.tables: dict[str, Any] = {}

    def collect(self, model: mesa.Model) -> None:
        """Do nothing: a market takes down every day itself."""

    @property
    def model_vars(self) -> dict[str, list[Any]]:  # type: ignore[override]  # a view, which nobody fills
        """By variable, a value a day."""
        rows = self._record.market
        dates = self._market.calendar.labels[: len(rows)]
        return {"date": list(dates)} | {name: [row[name] for row in rows] for name in self._record.of_market}

    @property
    def _collection_steps(self) -> list[int]:
        """Days that were taken down (read by Mesa's `batch_run` from 3.4 on)."""
        return list(range(len(self._record.daily)))

    @property
    def _agent_records(self) -> Mapping[int, list[Row]]:  # type: ignore[override]  # the same
        """By day, a row a platform: day, `unique_id`, variables (read by Mesa's `batch_run`)."""
        return _Days(self._market, self._record)

    def get_model_vars_dataframe(self) -> pd.DataFrame:
        """A row a day with the date and the columns of market.csv."""
        return pd.DataFrame(self.model_vars)

    def get_agent_vars_dataframe(self) -> pd.DataFrame:
        """A row a day and platform with its name and the columns of daily.csv, by `Step` and `AgentID`."""
        rows = [row for day in self._agent_records.values() for row in day]
        return pd.DataFrame(rows, columns=["Step", "AgentID", *self.agent_reporters]).set_index(["Step", "AgentID"])


class _Days(Mapping[int, list[Row]]):
    """Rows of a day's platforms, made when a day is asked for."""

    def __init__(self, market: State, record: Record) -> None:
        self._market, self._record = market, record

    def __getitem__(self, day: int) -> list[Row]:
        record = self._record
        if not 0 <= day < len(record.daily):
            raise KeyError(day)
        columns = [record.daily[day][name].tolist() for name in record.by_platform]
        keys = [(day, platform.unique_id, platform.name) for platform in self._market.platforms]
        return [(*key, *row) for key, row in zip(keys, zip(*columns, strict=True), strict=True)]

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self)))

    def __len__(self) -> int:
        return len(self._record.daily)


def _date(market: State) -> str:
    return market.date_label


def _name(platform: Any) -> str:
    return str(platform.name)
