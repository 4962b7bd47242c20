"""What is installed only when it is asked for: a study without it says how to get it, and all else does without."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command import main
from secondhalf.experiments.command.studies import STUDIES
from secondhalf.experiments.execution.extras import MODULES, require

ROOT = Path(__file__).resolve().parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {name: found for name, found in PROJECT["optional-dependencies"].items() if name not in ("all", "dev")}
OPTIONAL = sorted(module for modules in MODULES.values() for module in modules)
NEEDED = {"browse": "browser", "search": "search", "sensitivity": "sensitivity"}
SEARCH = ("search.metric=platforms.jd.gmv", "search.space.platform.jd.take_rate=[0.01,0.1]")
ASKED = {"browse": ["browse"], "search": ["search", *SEARCH], "sensitivity": ["sensitivity"]}

BLOCKED = f"""
import sys

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OPTIONAL!r}:
            raise ImportError(f"{{name}} was imported")

sys.meta_path.insert(0, Forbidden())
from secondhalf.experiments.command.main import main
"""
"""The beginning of a program in which none of the optional packages can be imported."""


def python(program: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process without the optional packages."""
    return subprocess.run(
        [sys.executable, "-c", BLOCKED + program],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[]", requirement)[0] for requirement in requirements}


def normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def test_the_table_is_that_of_the_project() -> None:
    """Every package of an extra is looked for before a study that needs it begins."""
    for extra, requirements in EXTRAS.items():  # each is imported by its own name
        assert {normal(module) for module in MODULES[extra]} == {normal(name) for name in names(requirements)}, extra
    assert PROJECT["optional-dependencies"]["all"] == [f"secondhalf[{','.join(sorted(EXTRAS))}]"]
    assert {name: study.extra for name, study in STUDIES.items() if study.extra} == NEEDED
    assert not names(PROJECT["dependencies"]) & set.union(*map(names, EXTRAS.values()))


@pytest.mark.parametrize("study", ASKED)
@pytest.mark.parametrize("how", ["hook", "none"])
def test_a_study_without_its_extra_says_how_to_get_it(
    study: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    extra = NEEDED[study]
    module, name = next(iter(MODULES[extra].items()))
    if how == "none":
        monkeypatch.setitem(sys.modules, module, None)
    else:

        class Forbidden:
            def find_spec(self, wanted: str, *_: object) -> None:
                if wanted == module:
                    raise ImportError(wanted)

        monkeypatch.delitem(sys.modules, module, raising=False)
        monkeypatch.setattr(sys, "meta_path", [Forbidden(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        main.main([*ASKED[study], "experiment=ci"])
    assert ended.value.code == 1
    hint = f"secondhalf: {study} needs {name}, which is not installed; pip install 'secondhalf[{extra}]'\n"
    assert capsys.readouterr().err == hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("extra", "module"), [(extra, module) for extra in MODULES for module in MODULES[extra]])
def test_every_missing_module_is_named(extra: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == module else object())
    with pytest.raises(SettingsError, match=rf"^this needs {MODULES[extra][module]}, which is not installed; pip inst"):
        require(extra, "this")


def test_a_run_its_report_and_pictures_do_without(tmp_path: Path) -> None:
    """A tiny run with all pictures, its page, its pictures again, a sweep: none imports an optional package."""
    tiny = "'experiment=ci', 'limits.users=60', 'limits.merchants=10', 'limits.days=3', 'output.progress=never'"
    done = python(
        f"""
import secondhalf
main(["run", {tiny}, "output.formats=[svg]", "hydra.run.dir=out"])
main(["report", "out"])
main(["pictures", "pictures.of=out", "pictures.only=[shares]", "output.formats=[svg]", "hydra.run.dir=again"])
market = secondhalf.Market(**{{"experiment": "ci"}})
market.datacollector.get_model_vars_dataframe()
main(["run", "-m", {tiny}, "seed=0,1", "launcher.workers=1", "hydra.sweep.dir=many"])
""",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    for name in ("out/shares.svg", "out/report.html", "again/shares.svg", "many/results.parquet"):
        assert (tmp_path / name).is_file(), name


def test_help_completion_and_settings_do_without(tmp_path: Path) -> None:
    done = python(
        """
from secondhalf.conf.schema.compose import compose_config
from secondhalf.experiments.command.compose import options
from secondhalf.experiments.command.studies import option_classes
main(["--help"])
config = compose_config(["search.space.seed=[0,1]"])
for kind in option_classes():
    options(kind, config)
for study in ("search", "browse", "sensitivity"):
    main([study, "--cfg", "job", "--package", study])
main(["-sc", "query=bash"])
""",
        tmp_path,
        COMP_LINE="secondhalf search search.dir",
    )
    assert done.returncode == 0, done.stderr
    assert "search.direction=" in done.stdout
