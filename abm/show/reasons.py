"""Why an agent fares differently in another world, in words: the first difference, the way to the agent, its days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from abm.show.compared import WIDE

if TYPE_CHECKING:
    from abm.study.why import Answer

BEFORE, SHOWN = 2, 20
"""Lines of the timeline before the first that differs, and all."""


def show(found: Answer, title_a: str, title_b: str) -> None:
    """Print where the worlds first differ, how that reaches the agent, and what it did in each."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    console.print(escape(f"A  {title_a}\nB  {title_b}\n\n" + "\n".join(sentences(found))))
    first = next((place for place, (_, a, b) in enumerate(found.timeline) if a != b), 0)
    lines = found.timeline[max(first - BEFORE, 0) :][:SHOWN]
    if lines:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for head in ("day", "A", "B"):
            table.add_column(head)
        for day, a, b in lines:
            table.add_row(str(day), escape(a) or "-", "the same" if a == b else escape(b) or "-")
        console.print("", table, sep="\n")


def sentences(found: Answer) -> list[str]:
    """The first difference anywhere, in what the agent touches, and in the agent."""
    if found.world is None:
        return ["Nothing differs between the worlds."]
    said = [f"The worlds first differ on {found.world}."]
    if found.touched is not None and found.touched != found.world:
        said.append(f"What it touches first differs on {found.touched}.")
    if found.agent is None:
        return [*said, "It does not fare differently on the days lived."]
    return [*said, f"It first differs on {found.agent}."]
