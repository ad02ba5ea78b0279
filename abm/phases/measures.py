"""What is written down of today: a row of measures, once the reported days have begun."""

from __future__ import annotations

from abm.measures import row
from abm.phases import phase
from abm.world import World


@phase(appends="daily")
def measures(world: World) -> None:
    """The day's measures become a row; during the warm-up nothing is written down; tallies start anew."""
    if world.day >= world.scenario.warmup:
        world.daily.append(row(world))
    world.counts.clear()
