"""The market as a Mesa model: a world that lives one day at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa

from abm.agents import Firm
from abm.audit import audit
from abm.day import DAY
from abm.phases import Phase
from abm.scenario import Scenario, load
from abm.scenario.build import build
from abm.world import World
from kernels import threads as pool

if TYPE_CHECKING:
    import pandas as pd

Source = Scenario | str | Path | dict[str, Any]


class Market(mesa.Model):
    """A cross-border e-commerce market.

    Args:
        world: a scenario, its path, or its name.
        consumers, seed, days: in place of what the scenario says; `rng` is another name for `seed`.
        threads: how many threads the kernels may use; all cores unless said.
        phases: the day, another tuple of phases than `abm.day.DAY`.
        audited: check after every phase that no unit and no cent is lost (slower).
        dials: any other key of a scenario by its dotted name, for instance `**{"dials.network.overlap": 0.5}`.
    """

    def __init__(
        self,
        world: Source = "three_countries",
        consumers: int | None = None,
        seed: int | None = None,
        rng: int | None = None,
        days: int | None = None,
        threads: int | None = None,
        phases: tuple[Phase, ...] = DAY,
        audited: bool = False,
        **dials: Any,
    ) -> None:
        changes = {"consumers": consumers, "seed": seed if seed is not None else rng, "days": days, **dials}
        changes = {key: value for key, value in changes.items() if value is not None}
        settled = world if isinstance(world, Scenario) and not changes else load(world, set=changes)
        super().__init__(rng=settled.seed)
        if threads is not None:
            pool.use(threads)
        self.settled = settled
        self.phases = phases
        self.audited = audited
        self.world: World = build(settled)
        self.seconds = {phase.name: 0.0 for phase in phases}
        self._greet()

    @property
    def day(self) -> int:
        """The reported day that comes next; negative during the warm-up."""
        return self.world.day - self.settled.warmup

    @property
    def daily(self) -> pd.DataFrame:
        """What was measured, a row per reported day."""
        import pandas as pd

        return pd.DataFrame(self.world.daily)

    def step(self) -> None:
        """Live one day."""
        world = self.world
        for phase in self.phases:
            began = time.perf_counter()
            phase(world)
            self.seconds[phase.name] += time.perf_counter() - began
            if self.audited:
                audit(world, phase.name)
        world.day += 1
        self._greet()

    def run(self, days: int | None = None, each_day: Callable[[Market], None] | None = None) -> Market:
        """Live through what is left of the warm-up, then so many days (the scenario's, unless said)."""
        last = max(self.day, 0) + (self.settled.days if days is None else days)
        while self.day < last:
            self.step()
            if each_day is not None:
                each_day(self)
        return self

    def _greet(self) -> None:
        """Firms that have come since yesterday become agents."""
        for row in range(len(self.agents), len(self.world.firms)):
            Firm(self, row)
