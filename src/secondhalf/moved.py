"""Former module names: importing one raises an error that gives the new name.

The finder stands last in `sys.meta_path`, so that it is called only when no other finder has the module.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec

FORMER = {
    "agents.capability": "agents.capabilities",
    "agents.options": "agents.legal_moves",
    "agents.own": "conf.schema.import_path",
    "agents.vocabulary": "conf.schema.vocabulary",
    "experiments.cli": "experiments.command.main",
    "experiments.compose": "experiments.command.compose",
    "experiments.finished": "experiments.results.load",
    "experiments.overrides": "experiments.command.overrides",
    "experiments.phases": "experiments.second_half.study",
    "experiments.results.column_dictionary": "experiments.results.schema.column_dictionary",
    "experiments.results.crossed_runs": "experiments.results.statistics.crossed_runs",
    "experiments.results.csv_files": "experiments.results.schema.csv_files",
    "experiments.results.data_package": "experiments.results.schema.data_package",
    "experiments.results.paired_statistics": "experiments.results.statistics.paired_statistics",
    "experiments.results.summary_schema": "experiments.results.schema.summary_schema",
    "experiments.results.two_way": "experiments.results.statistics.two_way",
    "experiments.tables": "experiments.results.tables",
    "experiments.targets": "experiments.facts.targets",
    "model.bans": "model.scenario.regulation",
    "model.bookkeeper": "model.accounts.bookkeeper",
    "model.books": "model.accounts.day_book",
    "model.branch": "model.snapshots.branch",
    "model.caps": "model.scenario.regulation",
    "model.checkpoint": "model.snapshots.checkpoint",
    "model.columns": "model.shapes",
    "model.continuation": "model.snapshots.frozen_world",
    "model.entry": "model.day.entry",
    "model.exclusivity": "model.scenario.exclusivity",
    "model.facts": "model.data_files",
    "model.fork": "model.snapshots.fork",
    "model.graph": "model.network.networkx_export",
    "model.hindsight": "model.observers.hindsight_regret",
    "model.luck": "model.random_streams",
    "model.measures": "model.observers.measures",
    "model.merchants": "model.supply.weekly_revision",
    "model.offer": "model.supply.offer",
    "model.phases": "model.observers.second_half",
    "model.population": "model.users.population",
    "model.profile": "model.snapshots.capability_profile",
    "model.record": "model.observers.record",
    "model.reporters": "model.observers.reporters",
    "model.reports": "model.accounts.quarterly_reports",
    "model.resume": "model.snapshots.resume",
    "model.revision": "model.day.platform_moves",
    "model.settings": "conf.schema",
    "model.sight": "model.day.market_view",
    "model.stages": "model.day.stages",
    "model.start": "model.initial_state",
    "model.streams": "model.random_streams",
    "model.trade": "model.supply.sales",
    "model.welfare": "model.observers.welfare",
}
"""New names of modules by their former ones, both without the package's."""


class FormerNames(MetaPathFinder):
    """Import finder that refuses a former module name and gives the new one."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> ModuleSpec | None:
        """None for any other name, so that the usual finders decide."""
        name = fullname.removeprefix("secondhalf.")
        if fullname != name and name in FORMER:
            raise ModuleNotFoundError(f"{fullname} is now secondhalf.{FORMER[name]}", name=fullname)
        return None


def tell() -> None:
    """Install the finder, once."""
    if not any(isinstance(finder, FormerNames) for finder in sys.meta_path):
        sys.meta_path.append(FormerNames())
