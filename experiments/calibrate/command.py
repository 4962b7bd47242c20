"""The study `calibrate` as a command: its tiny variant, progress, what is said at the end, files of the source."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from rich.console import Console

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.calibration_files import Calibration, write_calibration
from secondhalf.experiments.calibrate.study import calibrate, prepare, recovery
from secondhalf.experiments.calibrate.write_conf import put_into_conf
from secondhalf.experiments.command.options import Calibrate
from secondhalf.experiments.execution.progress import bar
from secondhalf.experiments.facts.targets import LAST_FACT
from secondhalf.model.data_files import data_file

TINY = {"seeds": 1, "rounds": 1, "coarse_rounds": 0, "meanfield_rounds": 0, "coverage": 2, "draws": 3, "sharpen": 1} | {
    "only": r"(kuaishou|pinduoduo)\.(leisure|gamma)$",
    "until": dt.date(2020, 12, 31),
}
"""What a tiny variant (`experiment=ci`) does."""
OWN = "calibration"
"""Folder of data/ that holds the default calibration, and those of earlier origins under their dates."""


def run(settings: MarketSettings, options: Calibrate, folder: Path) -> float:
    """Calibrate, say what came out, and with `write` make it the default; returns the loss."""
    options = tiny(settings, options)
    console = Console(stderr=True)
    prepare(settings, options)  # what is wrong with the files is said before the bar is there
    if options.recover:
        with bar(console) as progress:
            table = recovery(settings, options, folder, progress)
        console.print(f"{table['inside'].mean():.0%} of the 90 % intervals hold the truth; written to {folder}")
        return float(table["inside"].mean())
    with bar(console) as progress:
        found = calibrate(settings, options, folder, progress)
    console.print(words(found), soft_wrap=True)
    console.print(f"written to {folder}")
    if options.write:
        place = data_file(OWN) if options.until == LAST_FACT else data_file(OWN) / options.until.isoformat()
        write_calibration(found, place)
        if options.until == LAST_FACT:
            put_into_conf(found.values)
        console.print(f"{place}{' and conf/ hold' if options.until == LAST_FACT else ' holds'} it now")
    return float(found.record["loss"])


def tiny(settings: MarketSettings, options: Calibrate) -> Calibrate:
    """The options, of a tiny search when the settings cap the users."""
    if settings.limits.users is None:
        return options
    return options.model_copy(update=TINY)


def words(found: Calibration) -> str:
    """What came out, in a few lines."""
    record, posterior = found.record, found.posterior
    count, learned = len(found.parameters), int(posterior.identified.sum())
    kept = [name for name, known in zip(found.parameters.names, posterior.identified, strict=True) if not known]
    facts = int(record["facts_used"])
    return (
        f"loss {record['loss']:.1f}: {facts} facts are missed by {(2 * record['loss_of_facts'] / facts) ** 0.5:.2f} "
        f"tolerances (root mean square); {record['runs']} runs, {record['minutes']} minutes\n"
        f"{learned} of {count} parameters are learned from the facts; these keep their prior: "
        f"{', '.join(kept) or 'none'}"
    )
