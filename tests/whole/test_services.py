"""What services are scarce of and ask for: slots and shelves of warehouses, places in customs, the risk of payments."""

from collections import Counter

import numpy as np
import pytest

from abm.day import DAY
from abm.phases import arrivals, fulfilment, matching
from abm.settlement import Reason
from abm.world import KINDS, Outcome, Stage

WAREHOUSE = KINDS.index("warehouse")


def bills(world, reason):
    """Invoices for a reason that were written today: debtor, payee, cents."""
    found = []
    for _, _, part in world.invoices.every():
        mine = part.take((part.reason == reason) & (part.issued == world.day))
        found += zip(mine.debtor.tolist(), mine.payee.tolist(), mine.amount_cents.tolist(), strict=True)
    return found


def kept(world):
    """Nodes that a warehouse keeps for others."""
    return np.flatnonzero(world.nodes.operator != world.nodes.firm)


def inbound(world):
    """Links by which goods come to a warehouse."""
    return np.flatnonzero((world.links.lane >= 0) & np.isin(world.links.buyer, kept(world)))


def sent(world, links, stage, units=3):
    """File a shipment on each of the links as due today; the goods are taken from what stands on the buyer's shelf."""
    for link in links.tolist():
        buyer = world.links.buyer[link]
        world.nodes.on_hand[buyer] -= units
        world.products.in_transit[world.nodes.product[buyer]] += units
        world.links.coming[link] += units
    fulfilment._depart(world, links, np.full(len(links), units), np.zeros(len(links), np.int64),
                       np.zeros(len(links), np.int64), np.ones(len(links)), stage)  # fmt: skip
    world.links.coming[links] -= units


def unloaded(world):
    """Unload what has come; the nodes to which three units came."""
    before = world.nodes.on_hand.copy()
    arrivals._unload(world, world.shipments.due(world.day, Stage.LAST_MILE))
    came = np.flatnonzero(world.nodes.on_hand > before)
    assert (world.nodes.on_hand - before)[came].tolist() == [3] * len(came)
    return set(came.tolist())


@pytest.fixture
def dock(market):
    """A world on its first day with a hundred units on every shelf and nothing under way."""
    world = market(warmup=0).world
    world.shipments.slabs.clear()
    world.links.coming[:], world.products.in_transit[:], world.nodes.on_hand[:] = 0, 0, 100
    return world


def test_a_warehouse_takes_in_as_many_shipments_as_it_has_slots_and_what_has_waited_comes_first(dock):
    world, links = dock, inbound(dock)
    keeper = world.nodes.operator[world.links.buyer[links[0]]]
    assert len(links) == 4
    world.firms.docks[keeper] = 1.9
    sent(world, links, Stage.LAST_MILE)
    first = set(world.links.buyer[links].tolist())
    for world.day in (1, 2):
        took = unloaded(world)
        assert len(took) == 1
        first -= took
    assert sum(len(part) for _, stage, part in world.shipments.every() if stage == Stage.DOCK) == len(first) == 2
    sent(world, links[np.isin(world.links.buyer[links], list(took))], Stage.LAST_MILE)
    world.firms.docks[keeper], world.day = 2, 3
    assert unloaded(world) == first
    assert world.products.in_transit.sum() == 3


def test_makers_take_in_what_comes_whatever_the_slots_and_a_warehouse_nothing_when_it_rests(dock):
    world, links = dock, inbound(dock)
    world.firms.docks[:] = 0
    own = np.flatnonzero((world.links.lane >= 0) & ~np.isin(world.links.buyer, kept(world)))[:3]
    sent(world, np.concatenate([own, links]), Stage.LAST_MILE)
    arrivals._unload(world, world.shipments.due(1, Stage.LAST_MILE))
    assert world.products.in_transit.sum() == 3 * len(links)
    world.firms.docks[:], world.countries.workdays[:] = 1000, 0
    world.day = 1
    arrivals._unload(world, world.shipments.due(1, Stage.LAST_MILE))
    assert world.products.in_transit.sum() == 3 * len(links)
    world.countries.workdays[:] = 127
    world.day = 2
    arrivals._unload(world, world.shipments.due(2, Stage.LAST_MILE))
    assert world.products.in_transit.sum() == 0


def test_owners_pay_for_a_week_of_what_is_kept_for_them_by_weight_and_more_where_shelves_are_full(dock):
    world, nodes, firms = dock, dock.nodes, dock.firms
    grams = int(world.categories.weight[0])
    rows = kept(world)
    keeper = int(nodes.operator[rows[0]])
    nodes.on_hand[:], nodes.reserved[:] = 10 + np.arange(len(nodes)), 3 * np.arange(len(nodes))
    firms.storage_cents[:] = 1.5  # what a firm keeps itself costs it nothing, whatever it asks of others
    held = int((nodes.on_hand + nodes.reserved)[rows].sum()) * grams
    for room, factor in ((held * 2, 1.0), (held, 5.0)):
        world.invoices.slabs.clear()
        firms.shelf_g[keeper] = room
        fulfilment._charge_storage(world)
        expected = Counter()
        for row in rows.tolist():
            kilograms = int(nodes.on_hand[row] + nodes.reserved[row]) * grams / 1000
            expected[int(nodes.firm[row])] += int(np.floor(7 * kilograms * factor * firms.storage_cents[keeper] + 0.5))
        found = Counter()
        for debtor, payee, cents in bills(world, Reason.STORAGE):
            assert payee == firms.account[keeper]
            found[debtor] += cents
        assert found == expected
        assert min(found.values()) > 0


def test_storage_is_billed_once_a_week_and_slots_and_shelves_are_those_of_warehouses(market):
    world = market(warmup=0, consumers=3000).world
    days = []
    for world.day in range(15):
        for phase in DAY:
            phase(world)
        days.append(bool(bills(world, Reason.STORAGE)))
    assert np.flatnonzero(days).tolist() == [0, 7, 14]
    for column in (world.firms.docks, world.firms.shelf_g, world.firms.storage_cents):
        assert np.unique(world.firms.kind[column > 0]).tolist() == [WAREHOUSE]


def test_who_would_lose_more_by_waiting_than_the_fee_is_cleared_first_and_pays_the_broker(market):
    world = market(warmup=0).world
    firms, broker = world.firms, int(world.countries.broker[1])
    queue, owner, loss = np.full(6, 1), np.array([2, 3, 4, 5, 6, 7]), np.array([50.0, 9.0, 30.0, 70.0, 9.0, 40.0])
    room, account = np.array([9, 2], np.int64), int(firms.account[broker])
    for fee, served, paid in ((60, [3, 5], [(5, account, 60), (7, account, 60)]), (0, [0, 1], []),
                              (25, [2, 3], [(4, account, 25), (5, account, 25)])):  # fmt: skip
        world.invoices.slabs.clear()
        firms.priority_cents[broker] = fee
        mask = arrivals._line(world, queue, queue, owner, loss, room.copy())
        assert np.flatnonzero(mask).tolist() == served
        assert bills(world, Reason.BROKERAGE) == paid
    assert world.counts["customs_priority"] == 4
    assert world.counts["customs_waiting"] == 12


def test_a_place_in_the_line_is_sold_only_where_customs_are_late(market):
    sold = {}
    for customs in (1.0, 0.5):
        jam = {"countries.US.customs": customs}
        world = market(warmup=0, consumers=3000, shocks=[{"day": 3, "scale": jam}], audited=True).world
        world.firms.priority_cents[:] = 30
        for world.day in range(30):
            for phase in DAY:
                phase(world)
        sold[customs] = sum(row["customs_priority"] for row in world.daily)
    assert sold[0.5] > 20 * (sold[1.0] + 1)


def test_a_stricter_screen_turns_away_more_good_payments_and_lets_fewer_frauds_through(market):
    found = {}
    for screen in (0.0, 0.04):
        world = market(warmup=0, consumers=6000, demand__fraud=0.3, firms__payment__screening=screen).world
        good, frauds, owed = Counter(), Counter(), 0
        for world.day in range(8):
            for phase in DAY[:6]:
                phase(world)
            orders = world.orders
            for stolen, outcome in zip(orders.stolen.tolist(), orders.outcome.tolist(), strict=True):
                (frauds if stolen else good)[Outcome(outcome)] += 1
            through = orders.paid_cents[(orders.stolen > 0) & (orders.outcome == Outcome.BOUGHT)]
            asked = bills(world, Reason.CHARGEBACK)
            provider = np.flatnonzero(world.firms.kind == KINDS.index("payment"))[0]
            assert sum(cents for _, _, cents in asked) == through.sum()
            assert {(debtor, payee) for debtor, payee, _ in asked} <= {
                (provider, int(people)) for people in world.countries.people
            }
            owed += sum(cents for _, _, cents in asked)
        assert world.counts["chargeback_cents"] == owed
        found[screen] = [part[Outcome.DECLINED] / sum(part.values()) for part in (good, frauds)]
        assert sum(frauds.values()) / sum((good + frauds).values()) == pytest.approx(0.3, abs=0.03)
    assert found[0.0] == pytest.approx([0.04, 0.04], abs=0.02)
    assert found[0.04] == pytest.approx([1 - 0.96 * 0.96, 1 - 0.96 * (1 - 0.04**0.15)], abs=0.03)


def test_a_fraud_is_charged_back_to_the_provider_of_its_market_after_forty_five_days(market):
    world = market(warmup=0, consumers=3000).world
    for phase in DAY[:5]:
        phase(world)
    orders, firms, countries = world.orders, world.firms, world.countries
    rows = np.arange(5)
    at_home = [int(np.flatnonzero(world.offers.dest == country)[0]) for country in (0, 1)]
    orders.offer[rows], orders.stolen[rows] = np.array([0, 1, 1, 0, 1]).take(rows), [1, 1, 0, 0, 1]
    orders.offer[rows] = np.array(at_home)[orders.offer[rows]]
    orders.paid_cents[rows] = 100 * (1 + rows)
    world.invoices.slabs.clear()
    countries.payment[0] = -1
    matching._charge_back(world, rows)
    provider, people = int(countries.payment[1]), int(countries.people[1])
    found = [
        (day, *row)
        for day, _, part in world.invoices.every()
        for row in zip(
            part.payer.tolist(), part.payee.tolist(), part.debtor.tolist(), part.amount_cents.tolist(), strict=True
        )
    ]
    account = int(firms.account[provider])
    assert found == [(45, account, people, provider, 700)]
    assert world.counts["chargeback_cents"] == 700


def test_a_provider_screens_as_earns_it_most_unless_told(market):
    assert market(warmup=0, firms__payment__screening=0.02).world.firms.screening.max() == 0.02
    world = market(warmup=0, demand__fraud=0.004).world
    assert world.firms.screening.max() == pytest.approx((0.15 * 0.004 / 0.03) ** (1 / 0.85))
    assert not market(warmup=0, demand__fraud=0.0).world.firms.screening.any()
