"""The market as a Mesa model: a world that lives one day at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import mesa
import numpy as np

from abm import checkpoint
from abm.agents import Consumer, Firm, People
from abm.agents.asked import ASKED, Each, Readers, ask_in_person, follow, overrides
from abm.audit import audit
from abm.checkpoint import CheckpointError
from abm.day import DAY
from abm.measures import fields
from abm.phases import Phase
from abm.provenance import sources_sha256
from abm.scenario import Scenario, load
from abm.scenario.build import build
from abm.scenario.rulebook import HOMES, rule_class
from abm.scenario.schema import Dials
from abm.world import KINDS, World
from kernels import threads as pool

if TYPE_CHECKING:
    import pandas as pd

Source = Scenario | str | Path | dict[str, Any]
Rule = Callable[..., Any]


class Market(mesa.Model):
    """A cross-border e-commerce market.

    Args:
        world: a scenario, its path, or its name.
        consumers, seed, days: in place of what the scenario says; `rng` is another name for `seed`.
        threads: how many threads the kernels may use; all cores unless said.
        phases: the day, another tuple of phases than `abm.day.DAY`.
        audited: check after every phase that no unit and no cent is lost (slower).
        agents: a class of one's own for a kind of firm, a group or firm by name, or "consumer"; who overrides a
            decision (`price`, `order`, `forecast` of a firm, `pick` of a consumer) is asked one by one.
        dials: any other key of a scenario by its dotted name, for instance `**{"dials.network.overlap": 0.5}`; as a
            word, two underscores are a dot and the dials need no prefix: `network__overlap=0.5`. At the address of a
            rule (`firms.sellers.pricing`) a rule itself may be given, one made by `abm.each` among them.
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
        agents: Mapping[str, type] | None = None,
        **dials: Any,
    ) -> None:
        said = {_dotted(key): value for key, value in dials.items()}
        rules = {key: value for key, value in said.items() if callable(value)}
        changes = {"consumers": consumers, "seed": seed if seed is not None else rng, "days": days, **said}
        changes = {key: value for key, value in changes.items() if value is not None and key not in rules}
        settled = world if isinstance(world, Scenario) and not changes else load(world, set=changes)
        super().__init__(rng=settled.seed)
        if threads is not None:
            pool.use(threads)
        self.settled = settled
        self.phases = phases
        self.audited = audited
        self.world: World = build(settled)
        self.seconds = {phase.name: 0.0 for phase in phases}
        self.kinds = self._checked(agents or {})
        self.given = tuple(rules)
        for address, rule in rules.items():
            self._follow(address, rule)
        self._welcome()
        reporters = {"day": partial(_measured, "day")} | {
            one.name: partial(_measured, one.name) for one in fields(self.world)
        }
        self.datacollector = mesa.DataCollector(model_reporters=reporters)

    @property
    def day(self) -> int:
        """The reported day that comes next; negative during the warm-up."""
        return self.world.day - self.settled.warmup

    @property
    def daily(self) -> pd.DataFrame:
        """What was measured, a row per reported day."""
        import pandas as pd

        return pd.DataFrame(self.world.daily)

    @property
    def consumers(self) -> People:
        """Everybody who may buy, as a set of agents that are made on demand."""
        people: People = self.agents_by_type[self.kinds["consumer"]]
        return people

    def firm(self, name: str) -> Firm:
        """The firm of this name.

        Raises:
            KeyError: there is none.
        """
        names = self.world.names["firms"]
        if name not in names:
            raise KeyError(f"there is no firm {name!r}")
        firm: Firm = self.world.agents[names.index(name)]
        return firm

    def step(self) -> None:
        """Live one day; the model stops running when the days of its scenario are over."""
        world = self.world
        for phase in self.phases:
            began = time.perf_counter()
            phase(world)
            self.seconds[phase.name] += time.perf_counter() - began
            if self.audited:
                audit(world, phase.name)
        world.day += 1
        self._greet()
        self.datacollector.collect(self)
        self.running = self.day < self.settled.days

    def run(self, days: int | None = None, each_day: Callable[[Market], None] | None = None) -> Market:
        """Live through what is left of the warm-up, then so many days (the scenario's, unless said)."""
        last = max(self.day, 0) + (self.settled.days if days is None else days)
        while self.day < last:
            self.step()
            if each_day is not None:
                each_day(self)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Keep the market in a file from which `Market.load` lives on bit for bit; there is no code in it.

        Raises:
            CheckpointError: it has agents or rules that were given as objects, or that remember what no column holds.
        """
        own = [*(kind for kind in self.kinds if kind != "consumer" or self.kinds[kind] is not Consumer), *self.given]
        if own:
            raise CheckpointError(
                f"{', '.join(own)}: classes and functions given to a market cannot be kept in a file; admissible: "
                'rules of your own in a file beside the scenario, as "module:Class"'
            )
        checkpoint.refuse_memory(self.world)
        luck = {"random": self.random.getstate(), "rng": self.rng.bit_generator.state}
        told = {"seconds": self.seconds, "steps": self.steps, "luck": luck, "sources": sources_sha256(self.settled)}
        checkpoint.put(path, self.world, told)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        world: Source | None = None,
        days: int | None = None,
        threads: int | None = None,
        phases: tuple[Phase, ...] = DAY,
        audited: bool = False,
    ) -> Self:
        """Take up a market where it was kept.

        Args:
            path: the file.
            world: another scenario, a fork; it may differ in what happens later and was not known when it was kept.
            days: in place of what the scenario says.
            threads, phases, audited: as for a new market.

        Raises:
            CheckpointError: the file is none of ours, of other code or other phases; or the fork has another past.
        """
        about, arrays = checkpoint.get(path)
        settled = load(checkpoint.scenario(about) if world is None else world, set={"days": days} if days else {})
        checkpoint.admit_code(path, about, settled, (phase.name for phase in phases))
        checkpoint.admit(about, settled)
        market = cls(settled, threads=threads, phases=phases, audited=audited)
        checkpoint.restore(market.world, about, arrays)
        market._remember(about)
        return market

    def _remember(self, about: Mapping[str, Any]) -> None:
        """What the model itself knows of days that it did not live through."""
        self._greet()
        version, words, spare = about["luck"]["random"]
        self.random.setstate((version, tuple(words), spare))
        self.rng.bit_generator.state = about["luck"]["rng"]
        self.seconds, self.steps = about["seconds"], about["steps"]
        rows = {row["day"]: row for row in self.world.daily}
        for today in range(-self.settled.warmup, self.day):
            for name, kept in self.datacollector.model_vars.items():
                kept.append(today if name == "day" else rows.get(today, {}).get(name))
        self.running = self.day < self.settled.days

    def _welcome(self) -> None:
        """People and firms become agents; people have the first numbers, so that firms may come later."""
        kind = self.kinds["consumer"]
        people = People.everybody(self, kind)
        self.agents_by_type[kind] = people
        if overrides(kind, Consumer, "pick"):
            self.world.rules["choice"] = [Readers(people)]
        self.agent_id_counter = len(self.world.consumers) + 1
        self._greet()

    def _greet(self) -> None:
        """Firms that have come since yesterday become agents; who decides in person is asked from now on."""
        world = self.world
        for row in range(len(world.agents), len(world.firms)):
            world.agents.append(self._class_of(row)(self, row))
        if len(self.kinds) == 1:
            return
        for decision, (method, _, _) in ASKED.items():
            asked = np.array([overrides(type(firm), Firm, method) for firm in world.agents])
            if asked.any():
                ask_in_person(world, decision, asked)

    def _class_of(self, row: int) -> type[Firm]:
        name, kind = self.world.names["firms"][row], KINDS[self.world.firms.kind[row]]
        key = next((key for key in (name, _group(name), kind) if key in self.kinds), "")
        found: type[Firm] = self.kinds.get(key, Firm)
        return found

    def _checked(self, agents: Mapping[str, type]) -> dict[str, Any]:
        """The classes of agents that are not the usual one, by whom they are for; consumers always have one."""
        names = self.world.names["firms"]
        for key, kind in agents.items():
            usual: type = Consumer if key == "consumer" else Firm
            if key not in {"consumer", *KINDS, *names, *map(_group, names)}:
                raise ValueError(f"agents: {key!r} is not consumer, a kind ({', '.join(KINDS)}), a group or a firm")
            if not issubclass(kind, usual):
                raise TypeError(f"agents: {key!r} needs a subclass of {usual.__name__}, not {kind!r}")
        return {"consumer": Consumer, **agents}

    def _follow(self, address: str, rule: Rule) -> None:
        """Let the firms of an address, such as `firms.sellers.pricing`, follow a rule given as an object."""
        table, _, rest = address.partition(".")
        who, _, decision = rest.rpartition(".")
        names = self.world.names["firms"]
        rows = [row for row, name in enumerate(names) if who in (name, _group(name))]
        if table != "firms" or not rows or decision not in HOMES:
            raise ValueError(f"{address}: a rule is given to firms.NAME.DECISION, one of {', '.join(HOMES)}")
        if isinstance(rule, Each):
            if decision not in ASKED:
                raise ValueError(f"{address}: each(...) decides on {', '.join(ASKED)}")
            rule = replace(rule, decision=decision)
        follow(self.world, decision, rows, rule)

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), self.settled), vars(self)


def _revived(kind: type[Market], scenario: Scenario) -> Market:
    """An empty market of a kind, with the user's own rules loaded from beside the scenario."""
    for group in scenario.firms:
        for decision in HOMES:
            use = getattr(group, decision)
            if ":" in use.rule:
                rule_class(scenario, decision, use.rule)
    return kind.__new__(kind)


def _measured(name: str, market: Market) -> Any:
    """What was measured on the day just lived; nothing during the warm-up."""
    today, days = market.day - 1, market.world.daily
    if name == "day":
        return today
    return days[-1].get(name) if days and days[-1]["day"] == today else None


def _dotted(key: str) -> str:
    """The dotted key that a keyword means."""
    dotted = key.replace("__", ".")
    return f"dials.{dotted}" if dotted.partition(".")[0] in Dials.model_fields else dotted


def _group(name: str) -> str:
    """The group of a firm that is one of many: `sellers` of `sellers-2`."""
    group, _, number = name.rpartition("-")
    return group if number.isdigit() else ""
