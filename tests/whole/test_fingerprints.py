"""Every column of every table of small, very different worlds comes to its committed number.

A changed number is not wrong by itself: `python tests/whole/test_fingerprints.py` writes `fingerprints.toml` anew, and
who commits it says why. Worlds and tables that differ say where to look; what a number should be is for direct tests to
say.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from abm.columns import Array, Calendar
from abm.day import DAY
from abm.model import Market
from abm.phases import Phase
from abm.scenario import load
from abm.world import PASSING, STANDING, Stage, World

NUMBERS = Path(__file__).with_name("fingerprints.toml")
LOOK = 4
"""Days between two looks at the tables; the last evening is looked at too, and what is measured every evening."""
DIGITS = 7
"""Significant digits of a sum of floats that are committed."""
MOST = 15
"""Differences that a failing test tells."""


class Small(NamedTuple):
    """A world, the group whose firms have its first rows, the days lived in it, what its scenario changes, and on which
    day a firm of which group is ruined."""

    base: str
    first: str
    days: int
    changes: dict[str, Any]
    ruin: dict[int, str] = {}  # noqa: RUF012


KEEN = {"demand.propensity": -1.2, "consumers": 900, "warmup": 0}
"""Few shoppers who buy much, so that a small world sees what a large one does."""
OFF = {
    "dials.personalisation.pages": 0.0, "dials.personalisation.coupons": 0.0, "dials.personalisation.delivery": 0.0,
    "dials.dynamics.rewiring": 0.0, "dials.dynamics.entry": 0.0, "dials.dynamics.exit": 0.0,
    "dials.feedback.weight": 0.0, "dials.network.overlap": 0.0, "dials.management.preset": "traditional",
    "dials.management.levers": [], "dials.information.share": 0.0, "dials.channels.adoption": 0.0,
}  # fmt: skip
FULL = {
    "dials.personalisation.pages": 1.0, "dials.personalisation.coupons": 0.6, "dials.personalisation.delivery": 1.0,
    "dials.dynamics.entry": 1.0, "dials.dynamics.exit": 1.0, "dials.management.preset": "proactive",
    "dials.information.share": 1.0, "dials.information.latency": 2, "dials.channels.adoption": 1.0,
}  # fmt: skip
TOLD = {
    "start": "2024-09-02", "chance.draw": "race", "dials.management.initiative": 0.8, "dials.management.belief": 0.6,
    "dials.management.share": 0.7, "dials.channels.adoption": 0.6, "dials.dynamics.entry": 1.0,
    "firms.cotton.forecast.rule": "plan", "firms.knits.forecast.rule": "plan", "firms.chips.forecast.rule": "plan",
    "firms.ningbo-tailors.forecast.rule": "plan", "firms.dongguan-works.forecast.rule": "plan",
    "campaigns": [
        {"name": "fair", "day": 24, "days": 4, "countries": ["US", "CN"], "share": 0.5, "announced": 3},
        {"name": "rumour", "day": 33, "days": 5, "share": 0.6, "waiting": 6, "announced": 5, "truth": 0.0},
        {"name": "unforeseen", "day": 14, "days": 2, "countries": ["DE"], "announced": 14},
    ],
    "borders": [
        {"dest": "US", "channel": "bulk", "from": "2024-10-02", "announced": "2024-09-06", "ad_valorem": 60.0},
        {"dest": "DE", "channel": "parcel", "from": "2024-10-05", "announced": "2024-09-10", "handling_fee": 9.0},
    ],
    "shocks": [
        {
            "name": "strike", "day": 20, "until": 32, "announced": 4,
            "set": {"lanes.haul=sea,dest=US.open": False, "lanes.haul=air,dest=DE.open": False},
        },
        {"name": "fire", "day": 26, "until": 40, "announced": 8, "set": {"firms.modules.capacity": 0}},
        {
            "name": "called off", "day": 22, "announced": 6, "truth": 0.0,
            "scale": {"firms.kind=manufacturer,country=CN.capacity": 0.3},
        },
        {"name": "fees", "day": 18, "announced": 9, "add": {"firms.kind=platform.fee_ppm": 50_000}},
    ],
}  # fmt: skip
HEARD = {
    "start": "2024-10-28", "dials.information.share": 0.6, "dials.information.latency": 5,
    "dials.information.accuracy": 0.9, "dials.information.visibility": 0.6, "dials.channels.adoption": 0.4,
    "dials.network.tiers": 6, "dials.feedback.weight": 0.5, "dials.personalisation.pages": 0.4,
    "dials.personalisation.coupons": 1.0, "dials.personalisation.delivery": 0.3, "platform.exploration": 0.3,
    "platform.segments": 6, "platform.new_share": 0.2, "platform.paid_share": 0.5, "platform.holding_days": 3,
    "platform.reserve_days": 9, "demand.home": 0.6, "demand.loyalty": 0.9, "demand.groups": 3, "demand.group_gap": 0.9,
    "categories.apparel.price_usd": 8.0, "categories.apparel.returns": 0.3,
    **{f"firms.{name}.stocking": {"rule": "vendor_managed"} for name in ("hangzhou-sellers", "us-stores", "us-labels")},
}  # fmt: skip
SHUT = {
    "start": "2025-01-20", "dials.network.overlap": 0.3, "dials.dynamics.rewiring": 1.0,
    "dials.management.initiative": 1.0, "demand.decline": 0.15,
    "shocks": [
        {"name": "canals", "day": 3, "until": 25, "set": {"passages.suez.open": False, "passages.panama.open": False}},
        {"name": "quay", "day": 6, "until": 16, "set": {"lanes.haul=sea.capacity": 0, "lanes.haul=road.open": False}},
        {"name": "planes", "day": 10, "until": 14, "scale": {"lanes.haul=express.capacity": 0.05}},
        {"name": "sorters", "day": 12, "until": 22, "set": {"firms.kind=warehouse,country=US.capacity": 3}},
        {"name": "clerks", "day": 8, "until": 18, "scale": {"firms.kind=broker.capacity": 0.1}},
        {"name": "cards", "day": 15, "until": 18, "scale": {"firms.westpay.capacity": 0.02}},
        {"name": "pages", "day": 17, "until": 26, "set": {"firms.redwood.capacity": 5}},
        {"name": "looms", "day": 2, "until": 21, "scale": {"firms.kind=manufacturer.capacity": 0.4}},
    ],
}  # fmt: skip
TAXED = {
    "start": "2025-08-18", "countries.CN.fx_sd": 0.02, "countries.DE.fx_sd": 0.015, "countries.US.penalty": 0.8,
    "countries.US.inspection": 0.3, "countries.DE.inspection": 0.2, "countries.US.customs": 9,
    "countries.DE.customs": 4, "countries.CN.customs": 5, "countries.DE.clearance": 2.4,
    "categories.apparel.returns": 0.4, "categories.electronics.returns": 0.25, "demand.fraud": 0.08,
    "demand.theta": 0.05, "demand.prior_reviews": 1.0, "demand.review_base": 0.5,
    "firms.hangzhou-sellers.incoterm": "DAP", "firms.hangzhou-sellers.least_declared": 0.4,
    "firms.hangzhou-sellers.price_days": 3.0, "firms.shenzhen-sellers.incoterm": "DAP",
    "firms.shenzhen-sellers.dap_modes": ["post", "line"], "firms.shenzhen-sellers.least_declared": 0.6,
    "firms.shenzhen-sellers.quality": 1.5, "firms.de-labels.incoterm": "DAP", "firms.ningbo-tailors.quality": -2.0,
    "firms.us-broker.priority_fee": 0.5, "firms.harbour-broker.priority_fee": 0.2, "firms.eastpay.fx_spread": 1.0,
    "firms.westpay.fx_spread": 2.0, "firms.westpay.screening": 0.04, "firms.us-warehouse.inbound_factor": 0.3,
    "firms.harbour-warehouse.shelf_factor": 0.4, "firms.harbour-warehouse.storage_price": 80.0,
    "borders": [
        {"dest": "US", "channel": "parcel", "from": "2025-08-25", "ad_valorem": 20.0, "specific": 3.0,
         "specific_currency": "USD", "specific_per": "kg", "specific_op": "add", "valuation": "CIF"},
        {"dest": "US", "channel": "bulk", "from": "2025-08-22", "ad_valorem": 35.0, "category": "apparel"},
        {"dest": "DE", "channel": "parcel", "from": "2025-09-01", "handling_fee": 2.0, "vat_collected": "border",
         "value_lo": 5.0, "vat_from_value": 8.0, "offset": 0.5, "origin": "CN", "duty_relief": False,
         "ad_valorem": 9.0},
        {"dest": "CN", "channel": "bonded", "from": "2025-08-29", "vat": 0.1, "ad_valorem": 4.0},
        {"dest": "US", "channel": "parcel", "mode": "post", "from": "2025-09-05", "until": "2025-09-15",
         "specific": 6.0, "specific_currency": "USD", "specific_per": "item", "specific_op": "min"},
    ],
}  # fmt: skip
RULED = {
    "start": "2024-11-18", "firms.hangzhou-sellers.pricing": {"rule": "q_learning", "explore": 0.3},
    "firms.shenzhen-sellers.pricing": {"rule": "best_response"}, "firms.us-labels.pricing": {"rule": "match_rival"},
    "firms.us-devices.pricing": {"rule": "match_rival", "undercut": 0.05, "least": 0.3},
    "firms.de-labels.pricing": {"rule": "markdown", "usual": 9.0}, "firms.us-stores.pricing": {"rule": "markdown"},
    "firms.de-stores.pricing": {"rule": "best_response", "most": 1.6}, "firms.de-stores.price_days": 4.0,
    **{f"firms.{name}.price_days": 3.0 for name in (
        "hangzhou-sellers", "shenzhen-sellers", "us-labels", "us-devices", "de-labels", "us-stores", "cotton",
        "ningbo-tailors", "modules")},
    "firms.cotton.stocking": {"rule": "order_up_to", "cover": 5.0}, "firms.knits.stocking": {"rule": "s_S"},
    "firms.chips.stocking": {"rule": "r_Q", "batch": 6.0}, "firms.modules.stocking": {"rule": "sterman"},
    "firms.ningbo-tailors.stocking": {"rule": "sterman", "alpha": 0.5, "beta": 0.8},
    "firms.us-stores.stocking": {"rule": "s_S", "batch": 3.0}, "firms.cn-stores.stocking": {"rule": "r_Q"},
    "firms.de-labels.stocking": {"rule": "order_up_to"}, "firms.cotton.forecast": {"rule": "moving_average"},
    "firms.knits.forecast": {"rule": "ar1"}, "firms.modules.forecast": {"rule": "smoothing", "window": 9},
    "firms.us-stores.forecast": {"rule": "moving_average", "window": 7},
    "firms.hangzhou-sellers.forecast": {"rule": "ar1", "window": 20}, "firms.cotton.rationing": {"rule": "uniform"},
    "firms.knits.rationing": {"rule": "first_come"}, "firms.modules.rationing": {"rule": "priority"},
    "firms.chips.rationing": {"rule": "uniform"}, "firms.knits.capacity_factor": 0.7,
    "firms.cotton.capacity_factor": 0.8, "firms.modules.capacity_factor": 0.6, "firms.chips.capacity_factor": 0.9,
    "firms.knits.batch": 3.0, "firms.dongguan-works.batch": 2.0, "firms.cotton.minimum_order": 4.0,
    "firms.modules.minimum_order": 2.0, "firms.knits.review_days": 3, "firms.us-stores.review_days": 2,
    "chains.cn-apparel.units_per_unit": [2, 3],
}  # fmt: skip
GIVEN = {
    "consumers": 300, "chance.noise": False, "dials.network.overlap": 0.4, "dials.network.pools": ["capacity"],
    "demand.seasons": False, "dials.personalisation.delivery": 0.5,
    "demand.given": [
        {"seller": "hangzhou-sellers", "market": "US", "mean": 1.5, "sd": 0.8},
        {"seller": "us-stores", "market": "US", "category": "apparel", "mean": 6.0},
        {"seller": "de-devices", "market": "CN", "mode": "bonded", "mean": 3.0, "sd": 2.0},
    ],
}  # fmt: skip
FAILING = {
    "dials.dynamics.entry": 1.0, "dials.dynamics.exit": 1.0, "dials.network.pools": ["cash", "attention"],
    "dials.network.overlap": 0.5, "dials.management.levers": ["product", "capital"],
    "firms.pacific-lines.cash_days": 3.0, "firms.shenzhen-sellers.fixed_share": 0.3,
    "categories.apparel.price_usd": 45.0,
    **{f"firms.{name}.cash_days": 0.0 for name in ("hangzhou-sellers", "knits", "ningbo-tailors")},
    "shocks": [
        {
            "name": "no credit", "day": 9,
            "set": {f"firms.{name}.credit_cents": 0 for name in ("hangzhou-sellers", "knits", "ningbo-tailors")},
        }
    ],
}  # fmt: skip
RUINED = {3 * turn: group for turn, group in enumerate((
    "chips", "chips", "chips", "cotton", "hangzhou-sellers", "yangtze-air", "ningbo-tailors", "us-broker",
    "us-warehouse", "westpay", "lakeside", "dongguan-works", "us-stores", "knits", "hanse-lines", "swabian-tailors",
    "de-labels", "harbour-warehouse", "redwood"), 1)}  # fmt: skip
"""Three at first without whom half of all chains cannot be mended; then some of every kind."""
LONG = {
    "consumers": 700, "warmup": 5, "demand.propensity": -1.5, "dials.dynamics.entry": 1.0, "dials.dynamics.exit": 1.0,
    "dials.management.initiative": 0.7, "firms.sellers.fixed_share": 0.35, "firms.label.fixed_share": 0.3,
    "firms.store.fixed_share": 0.2, "start": "2024-10-10", "lanes.CN-US-express.per_kg": 4000.0,
    "chains": [
        {"name": "direct", "count": 4, "modes": ["express"], "markets": ["US"]},
        {"name": "fast", "category": "apparel", "tiers": ["cotton", "knits", "tailors", "sellers"],
         "markets": ["US", "CN"], "modes": ["line", "post"]},
    ],
}  # fmt: skip
HALF = {
    "dials.personalisation.pages": 0.5, "dials.personalisation.coupons": 0.5, "dials.personalisation.delivery": 0.5,
    "dials.dynamics.rewiring": 0.5, "dials.dynamics.entry": 0.5, "dials.dynamics.exit": 0.5,
    "dials.feedback.weight": 0.5, "dials.management.share": 0.5, "dials.information.share": 0.5,
}  # fmt: skip
WORLDS = {
    "off": Small("three_countries", "westpay", 25, KEEN | OFF),
    "full": Small("three_countries", "us-broker", 35, KEEN | FULL | {"start": "2024-11-04"}),
    "told": Small("three_countries", "dongguan-works", 42, KEEN | TOLD),
    "heard": Small("three_countries", "lotus", 32, KEEN | HEARD),
    "shut": Small("three_countries", "yangtze-air", 30, KEEN | SHUT),
    "taxed": Small("three_countries", "harbour-broker", 50, KEEN | TAXED | {"law.as_of": "calendar"}),
    "ruled": Small("three_countries", "hangzhou-sellers", 30, KEEN | HALF | RULED),
    "given": Small("three_countries", "us-warehouse", 20, KEEN | GIVEN),
    "failing": Small("three_countries", "de-stores", 64, KEEN | FAILING, RUINED),
    "long": Small("tiny", "cotton", 130, LONG, {100: "payment", 115: "warehouse"}),
}


def weighed(values: Array) -> int | float:
    """A sum in which each row has its own weight: of whole numbers modulo 2^64, of others in doubles."""
    flat = np.ascontiguousarray(values).reshape(-1)
    if flat.dtype.kind == "f":
        return float(np.sum(flat.astype(np.float64) * np.arange(1.0, len(flat) + 1.0)))
    words = flat.astype(np.int64) if flat.dtype.kind != "u" else flat
    return int((words.astype(np.uint64) * np.arange(1, len(flat) + 1, dtype=np.uint64)).sum(dtype=np.uint64))


def filed(calendar: Calendar[Any]) -> Iterator[tuple[str, Array]]:
    """The columns of all that waits in a calendar, and for which day and stage each row waits."""
    every = calendar.every()
    whole = calendar.kind.join([part for _, _, part in every])
    yield from ((name, getattr(whole, name)) for name in whole.columns)
    slabs = np.array([(len(Stage) * day + stage, len(part)) for day, stage, part in every], np.int64).reshape(-1, 2)
    yield "due", np.repeat(*slabs.T)


def seen(world: World) -> Iterator[tuple[str, Array]]:
    """Every column there is, by table and name."""
    for name in (*STANDING, *PASSING):
        table = getattr(world, name)
        filled = isinstance(table, Calendar)
        columns = dict(filed(table)) if filled else {one: getattr(table, one) for one in table.columns}
        yield from ((f"{name}.{column}", values) for column, values in columns.items())


def ordered(small: Small) -> dict[str, Any]:
    """What the scenario says, its first group of firms at the head: a row of 0 is a row like any other, whoever has it.

    Where it is not a supplier, as usual, countries stand in the other order too.
    """
    said = load(small.base, set=small.changes).resolved()
    said["firms"].sort(key=lambda firm: firm["name"] != small.first)
    if said["firms"][0]["kind"] != "supplier":
        said["countries"] = dict(reversed(said["countries"].items()))
    return said


def fingerprint(small: Small) -> dict[str, int | float]:
    """A number for each column and each measure of a world: what it comes to on the evenings looked at, added up."""
    total: defaultdict[str, int | float] = defaultdict(int)

    def ruin(world: World) -> None:
        """The first living firm of a group has bills that were due long ago."""
        group = small.ruin.get(world.day)
        mine = [row for row, name in enumerate(world.names["firms"]) if name.rstrip("-0123456789") == group]
        world.firms.overdue[[row for row in mine if world.firms.alive[row]][:1]] = 60

    def look(market: Market) -> None:
        """Add what today's tables come to."""
        evening = market.world.day
        for place, values in seen(market.world) if evening % LOOK == 0 or market.day == small.days else ():
            total[place] += evening * weighed(values)

    phases = (*DAY[:-2], Phase("ruin", "", frozenset(), frozenset(), ruin), *DAY[-2:])
    market = Market(load(ordered(small)), phases=phases).run(small.days, look)
    for evening, row in enumerate(market.world.daily, 1):
        for name, value in row.items():
            if isinstance(value, int | float) and not np.isnan(value):
                total[f"daily.{name}"] += evening * value
    return {place: rounded(value) for place, value in total.items()}


def rounded(value: int | float) -> int | float:
    """A whole number modulo 2^64 as a signed one, another to its significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    return (value + 2**63) % 2**64 - 2**63


def committed() -> dict[str, dict[str, int | float]]:
    """The numbers of each world."""
    tables = tomllib.loads(NUMBERS.read_text(encoding="utf-8"))
    return {
        world: {f"{table}.{name}": value for table, columns in inside.items() for name, value in columns.items()}
        for world, inside in tables.items()
    }


@pytest.mark.parametrize("name", WORLDS)
def test_every_column_comes_to_its_number(name: str) -> None:
    found, said = fingerprint(WORLDS[name]), committed()[name]
    differ = [place for place in (found | said) if not same(found.get(place), said.get(place))]
    told = "\n".join(f"{name}: {one}: committed {said.get(one)}, found {found.get(one)}" for one in differ[:MOST])
    assert not differ, f"{len(differ)} of {len(said)} numbers differ:\n{told}"


def same(found: int | float | None, said: int | float | None) -> bool:
    """Whole numbers are equal; others but for one in their last digit, so that a tie of rounding decides nothing."""
    if isinstance(found, float) and isinstance(said, float):
        return found == pytest.approx(said, rel=2 * 10.0**-DIGITS, abs=0.0)
    return type(found) is type(said) and found == said


def test_every_column_moves_in_some_world() -> None:
    numbers = committed()
    places = {place for inside in numbers.values() for place in inside}
    idle = {place for place in places if len({inside.get(place) for inside in numbers.values()}) == 1}
    assert not idle, sorted(idle)


def test_a_weighed_sum_sees_two_rows_that_change_places() -> None:
    for values in (np.array([3, -1, 7]), np.array([0.5, -0.25, 2.0]), np.array([[1, 2], [3, 4]], np.uint8)):
        assert weighed(values) != weighed(values[::-1])
    assert weighed(np.array([2**63, 1], np.uint64)) == 2**63 + 2
    assert rounded(weighed(np.array([-5]))) == -5


def write() -> None:
    """Write the numbers of all worlds anew."""
    lines = ["# Written by `python tests/whole/test_fingerprints.py`; what they are is said there."]
    for name, small in WORLDS.items():
        table = ""
        for place, value in fingerprint(small).items():
            before, (table, column) = table, place.split(".")
            lines += [] if table == before else ["", f"[{name}.{table}]"]
            lines.append(f"{column} = {value}")
    NUMBERS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
