"""The registry of studies: what it promises is there, it costs nothing to read, and all others read it."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import NOT_OF_THE_MARKET, compose_config, options
from secondhalf.experiments.command.request import make_request
from secondhalf.experiments.command.studies import STUDIES, Study, as_markdown, find_study, groups, option_classes
from tests.docs.test_data_dictionary import DICTIONARY

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("numba", "numpy", "pandas", "pydantic", "omegaconf", "hydra", "rich", "matplotlib", "secondhalf.model")


@pytest.mark.parametrize("study", STUDIES.values(), ids=lambda study: study.name)
def test_a_study_is_a_folder_of_one_shape(study: Study) -> None:
    """settings.py with the class of its options, study.py with `prepare` and `start`, which take a request."""
    module = import_module(f"{study.package}.study")
    for name in ("prepare", "start"):
        (parameter,) = inspect.signature(getattr(module, name)).parameters.values()
        assert str(parameter.annotation).startswith("Request["), name
    if study.settings is not None:
        kind = study.options()
        assert kind is not None
        assert kind.group == study.group
        assert (ROOT / "conf" / kind.group / "default.yaml").is_file()
    for setting in (study.positional, study.second, *study.flags.values()):
        assert setting is None or setting.split(".")[0] == study.group
    assert study.resumes != "folder" or "{folder}" in study.left


def test_groups_of_conf_are_those_of_the_market_and_of_the_registry() -> None:
    listed = yaml.safe_load((ROOT / "conf" / "config.yaml").read_text(encoding="utf-8"))
    top = {name for entry in listed["defaults"] if isinstance(entry, dict) for name in entry} | set(listed)
    known = set(MarketSettings.model_fields) | set(NOT_OF_THE_MARKET) | {"defaults", "experiment"}
    assert {name.partition("/")[0] for name in top if not name.startswith("override ")} <= known
    assert set(groups()) <= top
    config = compose_config([])
    assert {kind.group for kind in option_classes()} == set(groups())
    for kind in option_classes():
        options(kind, config)


def test_files_that_studies_write_are_in_the_data_dictionary() -> None:
    """All but those of the benchmark, which are about the program and not about a market."""
    text = DICTIONARY.read_text(encoding="utf-8")
    for study in STUDIES.values():
        for name in study.writes if study.name != "bench" else ():
            assert name in text or "*" in name, f"{study.name}: {name}"


def test_the_documentation_has_the_table() -> None:
    assert as_markdown() in (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        f"import sys; from secondhalf.experiments.command.main import main; main({words!r}); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", [["run", "--cfg", "job"], ["counterfactual", "--cfg", "job"]])
def test_what_shows_settings_imports_no_market(words: list[str]) -> None:
    """Hydra reads them, and pydantic's classes say what they may be; nothing that a market needs besides is loaded."""
    needed = ("mesa", "numba", "numpy", "scipy", "pandas", "networkx", "seaborn", "matplotlib", "secondhalf.model")
    program = (
        f"import sys; from secondhalf.experiments.command.main import main; main({words!r}); "
        f"print([name for name in {needed!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "population:" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_entries_can_be_sent_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(STUDIES)) == STUDIES


def test_a_study_of_ones_own_is_found_by_its_import_path() -> None:
    own = find_study(f"{__name__}:test_the_documentation_has_the_table")
    assert own is not None
    assert own.group is None
    assert find_study("nobody") is None
    missing = find_study(f"{__name__}:nothing")
    assert missing is not None
    with pytest.raises(SettingsError, match="has no function or class 'nothing'"):
        missing.prepare(make_request(missing, compose_config([]), Path("out"), True))


def test_pictures_of_a_job_are_drawn_on_request_only() -> None:
    for words, single, drawn in (
        ([], True, "auto"),
        ([], False, "never"),
        (["output.pictures=always"], False, "always"),
    ):
        request = make_request(STUDIES["phases"], compose_config(words), Path("out"), single)
        assert request.output.pictures == drawn
