"""docs/gallery.md: each experiment runs, tiny, and draws the picture that it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from secondhalf.experiments.command import main
from tests.docs.pages import COMMAND, DOCS, blocks, do, text_of

PARTS = text_of("gallery.md").split("\n## ")[1:]


@pytest.mark.parametrize("part", PARTS, ids=[part.partition(":")[0] for part in PARTS])
def test_an_experiment_runs(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (command,) = (block.text.strip() for block in blocks(part) if block.language in COMMAND)
    shown = re.search(r"^!\[.+?\]\((pictures/\w+\.png)\)$", part, re.MULTILINE)
    drawn = re.search(r"^\*`(out/\w+)/(\w+)\.png`\.", part, re.MULTILINE)
    assert shown, "a picture"
    assert drawn, "where it comes from"
    assert (DOCS / shown[1]).stat().st_size > 20_000
    folder = Path(drawn[1])
    do(command)
    if "secondhalf run" in command:  # of the pictures only the one that is shown
        words = [f"pictures.of={folder}", f"pictures.only=[{drawn[2]}]", f"hydra.run.dir={folder}"]
        main.main(["pictures", *words, "output.formats=[png]"])
    assert (folder / f"{drawn[2]}.png").stat().st_size > 10_000


def test_there_are_four() -> None:
    assert len(PARTS) == 4
