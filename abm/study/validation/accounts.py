"""Whether a whole market keeps its accounts, and whether one in which nothing happens stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import demand, given

GOODS = ("made", "restocked", "delivered", "used", "scrapped")


class Accounts(Family):
    """A market whose goods and money are counted with == after every phase of every day."""

    finds: ClassVar[Mapping[str, str]] = {
        "leaks": "Days on which a unit or a cent was missing; the market stops at the first.",
        "days": "Days that were lived.",
        "orders": "Orders placed in the reported days: a market that does nothing leaks nothing.",
    }
    scenario: str = given(..., "", "A scenario file, or the name of one.")
    days: int = given(30, "days", "Days to live, the warm-up of 5 not counted.", least=1, most=3650)
    consumers: int = given(2000, "count", "Consumers of the market.", least=0)
    seed: int = given(1, "1", "The seed of all chance.", least=0, most=2**63 - 1)

    def find(self) -> dict[str, Found]:
        """Live the days and count."""
        from abm.audit import LeakError
        from abm.model import Market  # mesa is paid for here

        market = Market(self.scenario, consumers=self.consumers, seed=self.seed, days=self.days, warmup=5, audited=True)
        leaks = 0
        try:
            market.run(self.days)
        except LeakError:
            leaks = 1
        orders = sum(int(day["orders"]) for day in market.world.daily)
        return {"leaks": float(leaks), "days": float(market.world.day - 5), "orders": float(orders)}


class Standstill(Family):
    """A market without noise, reviews of prices, learning, entry or exit: after a while every day is the same day."""

    finds: ClassVar[Mapping[str, str]] = {
        "differing_days": "Days after the settling that differ from the first of them, in any count.",
        "orders": "Orders of such a day: a market that does nothing repeats itself, too.",
    }
    scenario: str = given(..., "", "A scenario file, or the name of one.")
    settling: int = given(360, "days", "Days given to settle.", least=0, most=3650)
    days: int = given(40, "days", "Days compared.", least=2, most=3650)
    consumers: int = given(0, "count", "Consumers of the market; as the scenario has unless said.", least=0)

    def find(self) -> dict[str, Found]:
        """Live, and compare the days."""
        from abm.model import Market  # mesa is paid for here
        from abm.scenario import load

        said = load(self.scenario)
        still: dict[str, Any] = {"chance.noise": False, "platform.paid_share": 0.0, "warmup": 0}
        still |= {f"dials.{dial}": 0.0 for dial in QUIET}
        still |= {f"firms.{firm.name}.price_days": 3650.0 for firm in said.firms}
        still |= {f"firms.{firm.name}.review_days": 1 for firm in said.firms}
        market = Market(load(said, set=still | ({"consumers": self.consumers} if self.consumers else {})))
        world, days = market.world, []
        for _ in range(self.settling + self.days):
            before = {name: getattr(world.products, name).copy() for name in GOODS}
            market.step()
            moved = {name: (getattr(world.products, name) - before[name]).tolist() for name in GOODS}
            days.append(moved | _standing(world))
        compared = days[self.settling :]
        demand(len(compared[0]["consumer"]) > 0, "a scenario in which something is bought every day")
        differing = sum(day != compared[0] for day in compared)
        return {"differing_days": float(differing), "orders": float(len(compared[0]["consumer"]))}


QUIET = (
    "feedback.weight", "dynamics.rewiring", "dynamics.entry", "dynamics.exit", "personalisation.pages",
    "personalisation.coupons",
)  # fmt: skip
"""The dials by which firms and platforms learn, come, go and change."""


def _standing(world: Any) -> dict[str, Any]:
    """Where goods are at the end of a day, who ordered what, and what firms ordered of each other."""
    columns = [(world.products, ("in_work", "in_transit", "in_customs")),
               (world.orders, ("consumer", "offer", "outcome")),
               (world.nodes, ("on_hand", "reserved", "ordered", "sold")), (world.links, ("placed",))]  # fmt: skip
    return {name: getattr(table, name).tolist() for table, names in columns for name in names}
