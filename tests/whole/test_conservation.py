"""No unit of goods and no cent leaks in any phase of any market, and a leak that is planted is found where it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm import settlement
from abm.audit import LeakError
from abm.columns import Calendar
from abm.day import DAY
from abm.phases.matching import RULES as RATIONING
from abm.phases.pricing import RULES as PRICING
from abm.phases.replenishment import RULES as STOCKING
from abm.scenario import load
from abm.settlement import Reason, SettlementError
from abm.world import STANDING, Stage
from kernels.money import muldiv

GROUPS = {firm.name: firm.kind for firm in load("tiny").firms}
MAKERS = [name for name, kind in GROUPS.items() if kind in ("supplier", "manufacturer")]
SELLERS = [name for name, kind in GROUPS.items() if kind in ("seller", "retailer")]


@st.composite
def small_worlds(draw):
    """Settings over the tiny scenario: who is how large, who follows what rule, what happens."""
    share = st.sampled_from([0.0, 0.25, 1.0])
    given = {
        "seed": draw(st.integers(0, 2**64 - 1)),
        "consumers": draw(st.sampled_from([0, 1, 60, 400, 1500])),
        "start": draw(st.dates(load("tiny").start.replace(year=2023), load("tiny").start.replace(year=2026))),
        "law.as_of": "calendar",
        "warmup": 0,
        "platform.slots": draw(st.sampled_from([1, 3, 32])),
        "platform.holding_days": draw(st.sampled_from([0, 10, 60])),
        "platform.reserve_ppm": draw(st.sampled_from([0, 333_333, 1_000_000])),
        "categories.apparel.returns": draw(st.sampled_from([0.0, 0.1, 0.9])),
        "chance.noise": draw(st.booleans()),
        "demand.visits": draw(st.sampled_from([0.05, 0.6])),
    }
    for dial in ("personalisation.coupons", "dynamics.rewiring", "dynamics.entry", "dynamics.exit", "network.overlap"):
        given[f"dials.{dial}"] = draw(share)
    for name in GROUPS:
        given[f"firms.{name}.cash_days"] = draw(st.sampled_from([0.0, 5.0, 75.0]))
        given[f"firms.{name}.capacity_factor"] = draw(st.sampled_from([0.0, 0.5, 1.0, 3.0, 10.0]))
    for name in SELLERS:
        given[f"firms.{name}.pricing"] = {"rule": draw(st.sampled_from(sorted(PRICING)))}
    for name in MAKERS + SELLERS:
        given[f"firms.{name}.stocking"] = {"rule": draw(st.sampled_from(sorted(STOCKING)))}
        given[f"firms.{name}.rationing"] = {"rule": draw(st.sampled_from(sorted(RATIONING)))}
        given[f"firms.{name}.terms_days"] = draw(st.sampled_from([0, 3, 30]))
    return given


@st.composite
def shocks(draw, targets):
    """A change of one settable column for some days."""
    place, _, changes = draw(st.sampled_from(targets))
    table, column = place.split(".")
    spec = STANDING[table].columns[column]
    where = draw(st.sampled_from(sorted(changes)))
    day = draw(st.integers(0, 12))
    if spec.unit == "yes/no":
        return {"day": day, "until": day + draw(st.integers(1, 12)), "set": {where: draw(st.booleans())}}
    op = "set" if spec.unit == "bits" else "scale"
    factors = [0.1, 0.5, 3.0] if spec.unit == "currency/USD" else [0.0, 0.1, 0.5, 3.0]
    value = draw(st.integers(0, 127)) if op == "set" else draw(st.sampled_from(factors))
    return {"day": day, "until": day + draw(st.integers(1, 12)), op: {where: value}}


@given(data=st.data())
@settings(max_examples=30)
def test_no_unit_and_no_cent_leaks_in_any_phase_of_random_small_worlds(data, market, targets):
    world = data.draw(small_worlds())
    world["shocks"] = data.draw(st.lists(shocks(targets), max_size=4))
    audited = market(audited=True, **world)
    for _ in range(data.draw(st.sampled_from([8, 25]))):
        audited.step()


def test_where_nobody_needs_anything_any_more_trade_ends_and_nothing_leaks(market):
    ended = market(audited=True, warmup=0, shocks=[{"day": 3, "set": {"categories.apparel.needs": 0.0}}]).run(20)
    visits = [row["visits"] for row in ended.world.daily]
    assert min(visits[:3]) > 0
    assert max(visits[3 + ended.settled.demand.longest :]) == 0


def test_no_unit_and_no_cent_leaks_when_firms_fail_and_others_come(market, ruin, monkeypatch):
    monkeypatch.setattr("abm.phases.turnover.BIRTH_RATE", 0.5)
    ruined = ruin(("supplier", "manufacturer", "seller", "carrier", "warehouse", "broker", "payment", "platform"), 20)
    audited = market(phases=(*DAY[:-2], ruined, *DAY[-2:]), audited=True, dials__dynamics__entry=1.0)
    for _ in range(150):
        audited.step()
    assert audited.world.firms.alive.sum() < len(audited.world.firms)
    assert len(audited.world.firms) > sum(group.count for group in audited.settled.firms)


def lose_a_unit_on_a_shelf(world):
    world.nodes.on_hand[np.flatnonzero(world.nodes.on_hand)[0]] -= 1


def find_a_unit_on_a_shelf(world):
    world.nodes.on_hand[0] += 1


def lose_a_parcel(world):
    for (_, stage), parts in sorted(world.parcels.slabs.items()):
        if stage in (Stage.LINE_HAUL, Stage.LAST_MILE):
            parts[0] = parts[0][1:]
            return


def lose_a_shipment(world):
    key = next(key for key in sorted(world.shipments.slabs) if key[1] == Stage.LINE_HAUL)
    del world.shipments.slabs[key]


def move_units_between_products(world):
    full = np.flatnonzero(world.nodes.on_hand)
    here = full[0]
    there = full[world.nodes.product[full] != world.nodes.product[here]][0]
    world.nodes.on_hand[here] -= 1
    world.nodes.on_hand[there] += 1


def lose_a_cent(world):
    world.accounts.balance_cents[5] -= 1


def forget_the_payee(world):
    world.accounts.balance_cents[world.firms.account[0]] -= 12_345


def pay_from_the_escrow_of_another(world):
    one, other = np.flatnonzero(world.firms.escrow >= 0)[:2]
    world.accounts.balance_cents[world.firms.escrow[one]] -= 1
    world.accounts.balance_cents[world.firms.escrow[other]] += 1


def forget_a_trade_invoice(world):
    kept = Calendar(world.invoices.kind)
    for day, stage, bills in world.invoices.every():
        goods = np.flatnonzero(bills.reason == Reason.GOODS)
        kept.put(bills.take(np.setdiff1d(np.arange(len(bills)), goods[:1])), np.array([day]), stage)
    world.invoices = kept


def write_a_receivable_twice(world):
    world.firms.receivable_cents[np.argmax(world.firms.receivable_cents)] *= 2


LEAKS = [
    lose_a_unit_on_a_shelf, find_a_unit_on_a_shelf, lose_a_parcel, lose_a_shipment, move_units_between_products,
    lose_a_cent, forget_the_payee, pay_from_the_escrow_of_another, forget_a_trade_invoice, write_a_receivable_twice,
]  # fmt: skip


NAMES = [phase.name for phase in DAY]
PAIRS = [(name, LEAKS[(place + step) % len(LEAKS)]) for place, name in enumerate(NAMES) for step in (0, 3)]


def found(leak, name, leaky):
    """Live 20 days, then one more under audit, which must find the leak after the phase of this name."""
    for _ in range(20):
        leaky.step()
    leaky.audited = True
    with pytest.raises(LeakError, match=rf"^after phase {name} on day 20: "):
        leaky.step()


@pytest.mark.parametrize("name, leak", PAIRS, ids=lambda part: part if isinstance(part, str) else part.__name__)
def test_a_leak_is_found_and_the_message_names_the_phase(name, leak, market, wrapped_day):
    found(leak, name, market(phases=wrapped_day(name, lambda world: leak(world) if world.day == 20 else None)))


def test_a_fee_on_a_sum_is_found(market, wrapped_day):
    """The platform takes its part of all of a seller's sales together, and not the sum of the parts of each."""
    extra = []

    def reckon(world):
        extra.clear()
        packs = world.delivered.take(world.delivered.booked == 1)
        ppm = world.firms.fee_ppm[world.storefronts.platform[packs.storefront]]
        seller = world.listings.seller[world.offers.listing[packs.offer]]
        goods = packs.value_cents.astype(np.int64)
        for one in np.unique(seller).tolist():
            mine = seller == one
            each = sum(muldiv(cents, rate, 1_000_000) for cents, rate in zip(goods[mine], ppm[mine], strict=True))
            together = sum(
                muldiv(int(goods[mine & (ppm == rate)].sum()), rate, 1_000_000)
                for rate in np.unique(ppm[mine]).tolist()
            )
            extra.append((one, together - each))

    def take(world):
        platform = world.firms.account[world.storefronts.platform[:1]]
        for seller, cents in extra:
            escrow = world.firms.escrow[[seller]]
            payer, payee = (escrow, platform) if cents > 0 else (platform, escrow)
            settlement.post(world, payer, payee, np.array([abs(cents)]))

    day = wrapped_day("payments", take, before=reckon)
    leaky = market(phases=day, audited=True, consumers=4000)
    with pytest.raises(LeakError, match=r"^after phase payments on day \d+: escrow of "):
        leaky.run(30)


@pytest.mark.parametrize("node, units", [(0, -1), (0, 1 << 40)])
def test_a_phase_cannot_move_less_than_nothing_or_more_than_there_is(node, units, market):
    world = market().world
    before = world.nodes.on_hand.copy()
    with pytest.raises(SettlementError, match="promise: row 0"):
        settlement.promise(world, np.array([node]), np.array([units]))
    assert (world.nodes.on_hand == before).all()
