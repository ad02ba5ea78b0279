"""Small whole markets, all that is in them as bytes, and what may befall any of them: shocks, ruin, a changed phase."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from abm.day import DAY
from abm.model import Market
from abm.phases import Phase
from abm.phases.shocks import SETTABLE
from abm.scenario import load
from abm.world import PASSING, STANDING, World

CALENDARS = ("parcels", "shipments", "invoices", "releases")
ROWS = {
    "countries": ["countries.US"], "categories": ["categories.apparel"], "passages": ["passages.suez"],
    "lanes": ["lanes.haul=express", "lanes.haul=sea"], "nodes": ["nodes.country=US"],
    "borders": ["borders.dest=US", "borders.dest=CN"],
}  # fmt: skip
KINDS = ("supplier", "manufacturer", "seller", "retailer", "platform", "carrier", "warehouse", "broker", "payment")


def a_market(phases: tuple[Phase, ...] = DAY, audited: bool = False, **changes: Any) -> Market:
    """The tiny market with some keys of its scenario changed: dots are written as two underscores."""
    settings = {key.replace("__", "."): value for key, value in changes.items()}
    return Market(load("tiny", set=settings), phases=phases, audited=audited)


def columns(table: Any) -> dict[str, bytes]:
    """Each column as bytes."""
    return {name: getattr(table, name).tobytes() for name in table.columns}


def the_state(world: World) -> dict[str, bytes]:
    """Every column of every standing table, every passing table, and the days written down, as bytes."""
    state = {f"{name}.{column}": value for name in STANDING for column, value in columns(getattr(world, name)).items()}
    state |= {f"pages.{column}": value for column, value in columns(world.pages).items()}
    for name in set(PASSING) - set(CALENDARS) - {"pages"}:
        state[name] = b"".join(columns(getattr(world, name)).values())
    for name in CALENDARS:
        state[name] = b"".join(
            str((day, stage)).encode() + b"".join(columns(part).values())
            for day, stage, part in getattr(world, name).every()
        )
    state["daily"] = repr(world.daily).encode()
    return state


def the_targets() -> list[tuple[str, str, dict[str, float]]]:
    """A way to reach every settable column: its name, the operation, and the change that a shock makes."""
    found = []
    for place in sorted(SETTABLE):
        table, column = place.split(".")
        spec = STANDING[table].columns[column]
        op, value = ("set", 0.0) if spec.unit == "yes/no" else ("scale", 2.0)
        if spec.unit == "bits":
            op, value = "set", 31
        if table == "borders" and spec.unit != "yes/no":
            op, value = "add", 50_000
        if spec.unit == "ln/day":
            op, value = "add", 0.01
        value = bool(value) if spec.unit == "yes/no" else value
        rows = ROWS.get(table) or [f"firms.kind={kind}" for kind in KINDS]
        found.append((place, op, {f"{row}.{column}": value for row in rows}))
    return found


def a_wrapped_day(name: str, after: Callable[[World], None], before: Callable[[World], None] | None = None) -> Any:
    """The day, with something done before or after the phase of this name as if the phase did it."""

    def wrapped(phase: Phase) -> Phase:
        def run(world: World) -> None:
            if before is not None:
                before(world)
            phase.run(world)
            after(world)

        return Phase(phase.name, phase.doc, phase.writes, phase.appends, run)

    assert name in {phase.name for phase in DAY}
    return tuple(wrapped(phase) if phase.name == name else phase for phase in DAY)


def the_rows(market: Market) -> str:
    """What was measured, day by day, exactly."""
    return repr(market.world.daily)


def a_ruin(kinds: Sequence[str], day: int) -> Phase:
    """A phase that makes a living firm of each of some kinds, or of a name, insolvent on a day of the world."""

    def ruin(world: World) -> None:
        """Bills that were due long ago."""
        names = np.array(world.names["firms"])
        for kind in kinds if world.day == day else ():
            is_meant = world.firms.kind == KINDS.index(kind) if kind in KINDS else names == kind
            world.firms.overdue[np.flatnonzero(is_meant & (world.firms.alive > 0))[:1]] = 60

    return Phase("ruin", "", frozenset(), frozenset(), ruin)


def the_bills(world: World, reason: int) -> Counter[tuple[int, int, int, int]]:
    """Cents of the invoices for a reason, by day, debtor and the accounts that pay and are paid."""
    found: Counter[tuple[int, int, int, int]] = Counter()
    for day, _, part in world.invoices.every():
        for row in np.flatnonzero(part.reason == reason).tolist():
            key = day, int(part.debtor[row]), int(part.payer[row]), int(part.payee[row])
            found[key] += int(part.amount_cents[row])
    return found


@pytest.fixture(scope="session")
def bills():
    """What is owed for a reason."""
    return the_bills


@pytest.fixture(scope="session")
def market():
    """Make a tiny market."""
    return a_market


@pytest.fixture(scope="session")
def state():
    """Everything in a world as bytes."""
    return the_state


@pytest.fixture(scope="session")
def targets():
    """A way to reach every settable column."""
    return the_targets()


@pytest.fixture(scope="session")
def wrapped_day():
    """The day with one phase changed."""
    return a_wrapped_day


@pytest.fixture(scope="session")
def measured():
    """What was measured, exactly."""
    return the_rows


@pytest.fixture(scope="session")
def ruin():
    """Make firms insolvent."""
    return a_ruin


@pytest.fixture
def world(market):
    """A market on its first morning: quotes are there, nobody has ordered."""
    fresh = market(warmup=0).world
    for phase in DAY[:3]:
        phase(fresh)
    return fresh
