"""What is scarce besides goods: room in lanes, machines that buyers share, planners' time; and packs that come back."""

import numpy as np
import pytest

from abm import Market, load, sourcing
from abm.passing import Parcels
from abm.phases import arrivals, management, replenishment
from abm.settlement import WORKERS, Reason
from kernels.management import CARGO_HAULS


def crowd(world, lane, days):
    """So much has asked for room in a lane, day by day, that it takes so many days to carry."""
    world.lanes.asked_ma[lane] = (days + 1.0) * world.lanes.room_ma[lane]


def with_a_choice(world):
    """A link between firms whose goods could go by several lanes."""
    links, known = world.links, sourcing.ways(world)
    rows = np.flatnonzero((links.lane >= 0) & (links.price_cents > 0) & (links.share > 0))
    places = (world.nodes.country[links.supplier[rows]], world.nodes.country[links.buyer[rows]])
    return int(rows[(known.table[places][:, CARGO_HAULS:] >= 0).sum(axis=1) > 1][0])


@pytest.fixture
def three():
    """The world of three countries on its first day, where goods have several ways and makers."""
    return Market(load("three_countries", set={"consumers": 2000, "warmup": 0})).world


def everybody(world):
    return np.ones(len(world.firms), bool)


def test_shippers_reckon_with_the_days_that_goods_wait_for_a_lane(market):
    world = market(warmup=0).world
    before = sourcing.ways(world).days
    crowd(world, 3, 40.0)
    after = sourcing.ways(world).days
    assert np.isclose(after[3], before[3] + 40.0)
    assert (np.delete(after, 3) == np.delete(before, 3)).all()


def test_goods_that_wait_for_a_full_lane_are_booked_on_another_one(three):
    world = three
    row = with_a_choice(world)
    lane = world.links.lane[row]
    world.links.granted[row] = 5
    management._weigh_lanes(world, sourcing.ways(world), everybody(world))
    assert world.links.lane[row] == lane
    crowd(world, lane, 360.0)
    world.lanes.per_kg[:] = world.lanes.per_kg[lane]
    management._weigh_lanes(world, sourcing.ways(world), everybody(world))
    assert world.links.lane[row] != lane
    assert world.links.granted[row] == 5


def test_a_supplier_is_not_left_while_its_goods_wait_to_depart(three):
    world = three
    rows = np.flatnonzero((world.links.lane >= 0) & (world.links.price_cents > 0))
    before = world.links.supplier.copy()
    world.links.asked_ma[rows], world.links.met_ma[rows] = 10.0, 1.0
    world.firms.capacity[:] = 1e9
    world.links.granted[rows] = 1
    management._weigh_suppliers(world, sourcing.ways(world), everybody(world))
    assert (world.links.supplier == before).all()
    world.links.granted[rows] = 0
    management._weigh_suppliers(world, sourcing.ways(world), everybody(world))
    assert (world.links.supplier != before).any()


def test_a_carrier_puts_a_quarter_more_ships_on_a_lane_that_was_asked_for_too_much(market):
    world = market(warmup=0).world
    world.lanes.capacity[2] += 4_000.0
    room, fleet = world.lanes.capacity.copy(), world.firms.capacity.copy()
    crowd(world, 3, 2.0)
    carrier = world.lanes.carrier[3]
    cash = world.accounts.balance_cents
    account = world.firms.account[carrier]
    cash[account], kept = 0, cash[account].copy()
    management._lay_on(world, everybody(world))
    assert (world.lanes.capacity == room).all()
    cash[account] = kept
    management._lay_on(world, ~everybody(world))
    assert (world.lanes.capacity == room).all()
    world.lanes.days[3] += 9.0
    management._lay_on(world, everybody(world))
    assert (world.lanes.capacity == room).all()
    world.lanes.days[3] -= 9.0
    management._lay_on(world, everybody(world))
    assert world.lanes.capacity[3] == room[3] + np.ceil(room[3] / 4)
    assert world.firms.capacity[carrier] == fleet[carrier] + np.ceil(room[3] / 4)
    assert (np.delete(world.lanes.capacity, 3) == np.delete(room, 3)).all()
    assert (np.delete(world.firms.capacity, carrier) == np.delete(fleet, carrier)).all()


def test_free_machines_go_to_those_who_come_first_and_nobody_gets_them_twice(market):
    world = market(warmup=0).world
    free = sourcing.free_machines(world)[world.nodes.firm]
    node = int(np.argmax(free))
    wanted = np.array([0.6, 0.6, 0.3, 0.2]) * free[node]
    assert sourcing.taken_on(world, np.array([node, node, node, node]), wanted).tolist() == [True, False, True, False]
    assert not sourcing.taken_on(world, np.array([-1]), np.zeros(1)).any()


def test_who_moves_to_a_maker_leaves_fewer_machines_free_at_once(market):
    world = market(warmup=0).world
    sold = np.flatnonzero((world.links.supplier >= 0) & (world.links.make < 0) & (world.links.price_cents > 0))
    row = int(sold[np.argmax(sourcing.load(world, sold))])
    units, old = float(sourcing.load(world, sold[sold == row])[0]), world.nodes.firm[world.links.supplier[row]]
    before = sourcing.free_machines(world)
    world.links.alive[row] = 0
    after = sourcing.free_machines(world)
    assert units > 0.0
    assert np.isclose(after[old] - before[old], units, atol=0.002)
    assert (np.delete(after, old) == np.delete(before, old)).all()


def test_a_place_that_orders_nothing_and_needs_nothing_takes_no_planners_time(market):
    world = market(warmup=0).world
    nodes, rows = world.nodes, np.arange(len(world.nodes), dtype=np.int32)
    nodes.season[:] = 1.0
    nodes.on_hand[:], nodes.coming[:], nodes.owed[:] = 100, 0, 0
    nodes.level[:], nodes.forecast[:] = 20.0, 1e-12
    nodes.habit[:] = 0.0
    assert (replenishment._deviation(world, rows) == 0.0).all()
    nodes.habit[:] = 3.0
    assert (replenishment._deviation(world, rows) > 1e6).all()
    nodes.habit[:], nodes.on_hand[:], nodes.forecast[:] = 0.0, 5, 2.0
    assert np.allclose(replenishment._deviation(world, rows), 7.5)


def test_packs_that_come_back_to_an_empty_shelf_leave_its_cost_and_the_seller_pays_for_what_they_have_lost(market):
    world = market(warmup=0).world
    offer = int(np.flatnonzero(world.nodes.cost_cents[world.offers.node] > 100)[0])
    node = world.offers.node[offer]
    cost = world.nodes.cost_cents[node]
    for _ in range(3):
        world.nodes.on_hand[node] = 0
        packs = Parcels.of(2, offer=np.full(2, offer))
        arrivals._take_back(world, packs, np.full(2, node))
        assert world.nodes.cost_cents[node] == cost
        assert world.nodes.on_hand[node] == 2
    owed = [part for day, _, part in world.invoices.every() if day == world.day]
    repairs = [int(cents) for part in owed for cents, why, payee in zip(part.amount_cents, part.reason, part.payee,
                                                                   strict=True)
               if why == Reason.WAGES and payee == WORKERS]  # fmt: skip
    assert repairs.count(2 * int(np.floor(0.3 * cost + 0.5))) == 3
