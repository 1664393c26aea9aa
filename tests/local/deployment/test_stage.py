"""A stage's settings as somebody may have written them, and what the command line writes into them."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from spendsense.cli.main import commands
from spendsense.errors import ConfigurationError
from spendsense.local.deployment.stage import SETTINGS_FILE, read_stage


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--origin", "https://app.bank.test/"),  # as a browser's address bar has it; the function would not start
        ("--origin", "app.bank.test"),
        ("--origin", "*"),
        ("--origin", ""),
        ("--subnets", ""),
        ("--subnets", "subnet-1,,subnet-2"),
        ("--subnets", "vpc-1"),
    ],
)
def test_what_no_stage_could_use_is_not_written(tmp_path: Path, option: str, value: str) -> None:
    file = tmp_path / "settings.json"
    shutil.copy(SETTINGS_FILE, file)
    told = CliRunner().invoke(commands, ["deploy", "configure", "prod", "-s", str(file), option, value])
    assert (told.exit_code, option in told.stderr) == (2, True)
    assert file.read_bytes() == SETTINGS_FILE.read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "can't be read"),
        ([], "an object of stages"),
        ({"dev": 5}, "an object of stages"),
        ({"prod": {}}, "no stage 'dev'"),
        ({"dev": {"project_name": "x"}}, "names no aws_region"),
    ],
)
def test_settings_that_are_none_are_told(tmp_path: Path, content: object, said: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ConfigurationError, match=said):
        read_stage("dev", file).enter_account()
