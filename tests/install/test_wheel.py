"""What is in the wheel, that the sdist builds the same, and that it runs wherever somebody stands."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from tests.install.conftest import ROOT, Installed, bring_machine_code, build

FOLDERS = ("agents", "conf", "data", "experiments", "model")
ENDINGS = {".py", ".yaml", ".csv", ".html", ".css", ".js", ".json"}
TINY = ("experiment=ci", "limits.users=150", "limits.merchants=20", "limits.days=5")
COMMAND = "from secondhalf.experiments.command.main import main; main()"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as files:
        return {name: files.read(name) for name in files.namelist()}


def test_the_wheel_holds_one_package_and_all_of_it(wheel: Path) -> None:
    """Nothing beside `secondhalf`: another project may well have an `agents` of its own, and openai-agents does.

    Hydra looks for plugins under its own name.
    """
    names = set(contents(wheel))
    (about,) = {name.split("/")[0] for name in names} - {"secondhalf", "hydra_plugins"}
    assert about.endswith(".dist-info")
    tree = {p.relative_to(ROOT) for folder in FOLDERS for p in (ROOT / folder).rglob("*") if p.suffix in ENDINGS}
    tree |= {p.relative_to(ROOT) for p in (ROOT / "data").rglob("*.md")}
    tree |= {Path(p.name) for p in (ROOT / "src" / "secondhalf").iterdir() if p.is_file()}
    plugin = "hydra_plugins/secondhalf_launcher/__init__.py"
    assert {name for name in names if not name.startswith(about)} == {plugin} | {f"secondhalf/{p}" for p in tree}
    assert f"{about}/licenses/LICENSE" in names


def test_the_command_and_what_it_needs_are_declared(wheel: Path) -> None:
    files = {Path(name).name: text.decode() for name, text in contents(wheel).items() if ".dist-info/" in name}
    assert "secondhalf = secondhalf.experiments.command.main:main" in files["entry_points.txt"]
    for line in ("Requires-Python: >=3.11", "Requires-Dist: hydra-core", "Requires-Dist: numba", "Requires-Dist: mesa"):
        assert line in files["METADATA"]


def test_the_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    sdist = build(ROOT, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
        files.extractall(tmp_path, filter="data")
    beside = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "CITATION.cff", "pyproject.toml"}
    assert {name for name in beside if (ROOT / name).is_file()} <= names
    again = build(tmp_path / sdist.name.removesuffix(".tar.gz"), "wheel", tmp_path / "wheel")
    assert again.name == wheel.name
    assert contents(again) == contents(wheel)


def test_a_run_of_the_wheel_among_folders_of_the_same_names(installed: Installed, tmp_path: Path) -> None:
    """The user's own `model`, `agents` and `conf` are left alone, and nothing is written where the user stands."""
    here = tmp_path / "here"
    for name in FOLDERS:
        (here / name).mkdir(parents=True)
        (here / name / "__init__.py").write_text(f"raise RuntimeError('{name} of the user')\n")
    (here / "conf" / "config.yaml").write_text("nothing: of ours\n")
    before = sorted(here.rglob("*"))
    bring_machine_code(installed.site)
    found = installed.python("-c", "import secondhalf; print(secondhalf.__file__)", folder=here)
    assert Path(found.stdout.strip()) == installed.site / "secondhalf" / "__init__.py"
    done = installed.python("-c", COMMAND, "run", *TINY, f"hydra.run.dir={tmp_path / 'out'}", folder=here)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert (tmp_path / "out" / "daily.csv").read_text().count("\n") == 1 + 5 * 5
    assert sorted(here.rglob("*")) == before
