"""The README's figures are those of the last run that was kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench import draw
from tests.bench.figures import FIGURES

FOLDER = Path(__file__).resolve().parent
README = FOLDER.parent.parent / "README.md"


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """The last run that was kept."""
    kept: dict[str, Any] = json.loads((FOLDER / "figures.json").read_text(encoding="utf-8"))
    return kept


def test_the_readme_shows_the_kept_figures(figures: dict[str, Any]) -> None:
    _, shown, _ = draw.cut(README.read_text(encoding="utf-8"))
    assert shown == draw.block(figures)


def test_drawing_again_changes_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "README.md"
    copy.write_bytes(README.read_bytes())
    draw.main(FOLDER / "figures.json", copy)
    assert copy.read_bytes() == README.read_bytes()


def test_a_missed_bar_is_shown(figures: dict[str, Any]) -> None:
    assert "| 0.5 | ≥ 0.6: missed |" in draw.block({**figures, "ingest.vs_copy": 0.5})
    assert "| 0.6 | ≥ 0.6 |" in draw.block({**figures, "ingest.vs_copy": 0.6})
    assert "| 3.01 | ≤ 3: missed |" in draw.block({**figures, "rebuild.vs_copy_out": 3.01})


def test_a_bar_as_long_as_its_share() -> None:
    assert draw._bar(1) == "█" * draw.WIDTH
    assert draw._bar(0.5) == "█" * (draw.WIDTH // 2)
    assert draw._bar(0.03) == "█▌"  # 1.5 of 50
    assert draw._bar(0.0001) == "▏"


def test_each_figure_has_a_name_of_its_own() -> None:
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)


def test_missing_marks_are_told() -> None:
    with pytest.raises(SystemExit, match="marks of the figures are missing"):
        draw.cut("# A README\n")
