"""Draws the figures of a run into the README, between its two marks.

python -m tests.bench.draw tests/bench/figures.json README.md
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench.figures import FIGURES, Figure
from tests.bench.people import ROWS

BEGIN = "<!-- figures: `python -m tests.bench.draw tests/bench/figures.json README.md` writes what follows -->"
END = "<!-- end of the figures -->"
WIDTH = 50
EIGHTHS = " ▏▎▍▌▋▊▉"
SPEEDS = {
    "seq_scan": "one pass over the table",
    "copy_out": "COPY OUT of what a night's run reads",
    "compute": "a night's run",
    "rebuild_copy_out": "COPY OUT of what a rebuild reads",
    "rebuild": "a rebuild of everybody",
    "orm_loop": "a loop over people, through the ORM",
}

Figures = Mapping[str, Any]
"""What BENCH_JSON holds."""


def main(source: Path, target: Path) -> None:
    """Rewrites what stands between the marks of the target, a README."""
    figures = json.loads(source.read_text(encoding="utf-8"))
    before, _, after = cut(target.read_text(encoding="utf-8"))
    target.write_text(before + block(figures) + after, encoding="utf-8")


def cut(text: str) -> tuple[str, str, str]:
    """What stands before the block, the block with its marks, and what stands after it."""
    before, begin, rest = text.partition(BEGIN)
    drawn, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"The marks of the figures are missing:\n{BEGIN}\n{END}")
    return before, begin + drawn + end, after


def block(figures: Figures) -> str:
    """The block: on what it was measured, the speeds as bars, the ratios as a table."""
    return "\n".join([BEGIN, *_about(figures), "", "```", *_bars(figures), "```", "", *_table(figures), END])


def _about(figures: Figures) -> Iterator[str]:
    if "note" in figures:
        yield f"**{figures['note']}**"
        yield ""
    people, cores = figures["people"], figures["cores"]
    yield f"People a second, of {people:,} people with {ROWS} transactions each, on {cores} cores:"


def _bars(figures: Figures) -> Iterator[str]:
    speeds = {words: figures[f"{name}.users_per_second"] for name, words in SPEEDS.items()}
    margin, most = max(map(len, speeds)), max(speeds.values())
    for words, speed in speeds.items():
        yield f"{words:{margin}} {speed:8,.0f}  {_bar(speed / most)}"


def _bar(share: float) -> str:
    """A line of that share of the width, in eighths of a character; what is less than one is shown as one."""
    whole, eighths = divmod(max(1, round(share * WIDTH * 8)), 8)
    return ("█" * whole + EIGHTHS[eighths]).rstrip()


def _table(figures: Figures) -> Iterator[str]:
    yield "| figure | | bar |"
    yield "| --- | --- | --- |"
    for figure in FIGURES:
        if figure.name in figures:
            value = figures[figure.name]
            yield f"| `{figure.name}`: {figure.words} | {_number(value)}{figure.unit} | {_bar_of(figure, value)} |"


def _bar_of(figure: Figure, value: float) -> str:
    return figure.bar_text if figure.is_met(value) else f"{figure.bar_text}: missed"


def _number(value: float) -> str:
    """Three digits that count, or all of a large number; a bar that is missed by little still shows it."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
