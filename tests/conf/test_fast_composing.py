"""What the tests compose is what Hydra composes without their memory (`tests.fast_composing`)."""

from __future__ import annotations

import subprocess
import sys

import pytest
from omegaconf import OmegaConf

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.compose import compose_config

ASKED = (
    [],
    ["population.users=77", "strategy=hold", "platforms=[jd,douyin]"],
    ["scenario=mall_ban", "network=small_world", "strategies.jd=ewa", "experiment=ci"],
)
PROGRAM = """
from omegaconf import OmegaConf
from secondhalf.conf.schema.compose import compose_config
print("\\0".join(OmegaConf.to_yaml(compose_config(words)) for words in %r))
"""


def test_the_same_configurations() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM % (ASKED,)], capture_output=True, text=True, check=True, env=None
    )
    here = [OmegaConf.to_yaml(compose_config(words)) for words in (*ASKED, *ASKED)]
    assert [text.strip() for text in here] == [text.strip() for text in done.stdout.split("\0")] * 2


def test_one_test_does_not_see_the_changes_of_another() -> None:
    compose_config([]).population.users = 5
    assert compose_config([]).population.users != 5
    with pytest.raises(SettingsError, match=r"^population\.userz=5: there is no such setting"):
        compose_config(["population.userz=5"])
