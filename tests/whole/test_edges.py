"""Edges of who prices, leaves, ships and buys: exactly nothing, exactly enough, the first row as the last."""

from collections import Counter
from dataclasses import FrozenInstanceError
from math import floor

import numpy as np
import pytest

from abm import estates
from abm.day import DAY
from abm.passing import Invoices
from abm.phases import border, fulfilment, management, matching, pricing, replenishment, turnover
from abm.phases.pricing import QLearning
from abm.scenario.rulebook import HOMES, registry
from abm.settlement import Reason, bill
from abm.world import KINDS


def every(table):
    return np.arange(len(table), dtype=np.int32)


def test_a_tenth_below_the_rival_and_a_tenth_above_are_level_with_it(world, monkeypatch):
    shown = [899, 900, 1000, 1100, 1101, 500, 1, 0]
    rival = [1000, 1000, 1000, 1000, 1000, -1, 0, 0]
    rows = every(world.offers)[1 : len(shown) + 1]
    world.offers.landed_cents[rows] = shown
    monkeypatch.setattr(pricing, "_rivals", lambda *_: np.array(rival))
    assert pricing._stance(world, rows).tolist() == [0, 1, 1, 1, 2, 1, 2, 1]


def test_a_sellers_part_of_its_cell_is_at_most_all_but_a_hundredth(world):
    listings, rows = world.listings, every(world.offers)
    listings.popularity[:] = 1.0 + np.arange(len(listings)) ** 2
    listings.popularity[listings.dest == 0] = 0.0
    lone = int(np.flatnonzero(listings.dest == 0)[0])
    listings.popularity[lone] = 3.0
    inside, share = pricing._shares(world, rows)
    for row, listing in enumerate(world.offers.listing.tolist()):
        cell = (listings.dest == listings.dest[listing]) & (listings.category == listings.category[listing])
        mine = cell & (listings.seller == listings.seller[listing])
        part = listings.popularity[mine].sum() / listings.popularity[cell].sum()
        assert inside[row] == pytest.approx(min(part, 0.99), rel=1e-9)
    assert share == pytest.approx(inside * world.scenario.demand.conversion)
    assert {0.0, 0.99} < set(inside.tolist())
    listings.popularity[:] = 0.0
    assert (pricing._shares(world, rows)[0] == 0.0).all()


def test_fees_are_the_mean_commission_the_payment_fee_and_where_money_is_changed_its_spread(world):
    fronts, firms, rows = world.storefronts, world.firms, every(world.offers)
    firms.fee_ppm[:] = 1000 * (1 + np.arange(len(firms)))
    firms.spread_ppm[:] = 500 + np.arange(len(firms))
    fronts.country[0] = 1 - fronts.country[0]  # one market with one storefront, the other with three
    world.countries.payment[0] = -1
    found, seen = pricing._fees(world, rows), Counter()
    for row in rows.tolist():
        dest = int(world.offers.dest[row])
        here = fronts.platform[fronts.country == dest]
        fee = firms.fee_ppm[here].sum() / len(here)
        provider = int(world.countries.payment[dest])
        home = int(firms.country[world.nodes.firm[world.offers.node[row]]])
        if provider >= 0:
            fee += firms.fee_ppm[provider] + (firms.spread_ppm[provider] if home != dest else 0)
        assert found[row] == pytest.approx(fee / 1e6, rel=1e-12)
        seen[provider >= 0, home != dest] += 1
    assert len(seen) == 4
    fronts.country[:] = 1
    assert pricing._fees(world, rows)[world.offers.dest == 0] == pytest.approx(0.0)


def test_one_more_pack_costs_its_stock_picking_by_another_and_a_broker_where_it_crosses(world):
    offers, nodes, firms, lanes = world.offers, world.nodes, world.firms, world.lanes
    nodes.cost_cents[:] = 100.0 + np.arange(len(nodes))
    firms.price_cents[:] = 1000 * (1 + np.arange(len(firms)))
    world.countries.broker[0], seen = -1, Counter()
    found = pricing._unit_cost(world, every(offers))
    for row in range(len(offers)):
        node = int(offers.node[row])
        keeper, broker = int(nodes.operator[node]), int(world.countries.broker[offers.dest[row]])
        cost = 100 + node + (1000 * (1 + keeper) if keeper != nodes.firm[node] else 0)
        crosses = lanes.queue[offers.lane[row]] >= 0
        cost += 1000 * (1 + broker) if crosses and broker >= 0 else 0
        assert found[row] == cost
        seen[keeper != nodes.firm[node], bool(crosses), broker >= 0] += 1
    assert len(seen) > 3


def test_who_learns_is_rewarded_with_what_a_pack_leaves_times_what_it_sells(market, monkeypatch):
    world = market(warmup=0, firms__sellers__pricing={"rule": "q_learning"}).world
    rows, seen = every(world.offers)[:7], {}
    world.nodes.cost_cents[:] = 300.0
    world.offers.value_cents[:], world.offers.demand_ma[:] = 900, 0.5 + every(world.offers)
    monkeypatch.setattr(pricing.price_rules, "learn_moves", lambda *given: seen.update(reward=given[4]))
    world.offers.q_move[rows] = every(rows) % 7
    price = QLearning(lowest=0.1, highest=0.7)(world, rows)
    cost, fee = pricing._unit_cost(world, rows), pricing._fees(world, rows)
    assert seen["reward"] == pytest.approx((900 * (1 - fee) - cost) * (0.5 + rows))
    assert price == pytest.approx(cost * (1.1 + 0.1 * (rows % 7)) / (1 - fee))


def test_a_firm_leaves_after_sixty_days_of_bills_unpaid_and_now_and_then_when_it_loses_money(market, monkeypatch):
    world = market(warmup=0, dials__dynamics__exit=1.0).world
    monkeypatch.setattr(turnover, "HAZARD", 1.0)
    firms = world.firms
    firms.profit_ma[:] = 0.0
    world.day = 126
    firms.overdue[3], firms.overdue[4], firms.overdue[5], firms.alive[5] = 60, 59, 60, 0
    assert turnover._leaving(world).tolist() == [3]
    firms.profit_ma[7] = -0.01
    assert turnover._leaving(world).tolist() == [3, 7]
    for world.day, who in ((119, [3]), (120, [3]), (125, [3]), (127, [3]), (133, [3, 7])):
        assert turnover._leaving(world).tolist() == who
    monkeypatch.undo()
    firms.alive[:], firms.overdue[:], firms.profit_ma[:], left = 1, 0, -1.0, 0
    for world.day in range(126, 126 + 7 * 60, 7):
        left += len(turnover._leaving(world))
    assert left == pytest.approx(0.02 * 60 * len(firms), abs=4 * (0.02 * 60 * len(firms)) ** 0.5)


def test_losses_of_less_than_a_hundred_and_twenty_days_are_borne(market, monkeypatch):
    world = market(warmup=0, dials__dynamics__exit=1.0).world
    monkeypatch.setattr(turnover, "HAZARD", 1.0)
    world.firms.profit_ma[:], world.firms.overdue[:] = -1.0, 0
    leaving = [day for day in range(105, 141) if setattr(world, "day", day) or len(turnover._leaving(world))]
    assert leaving == [126, 133, 140]


def test_stock_is_sold_off_for_three_tenths_of_its_cost_once_and_what_a_closed_shelf_holds_stays(world):
    nodes, firms, balance = world.nodes, world.firms, world.accounts.balance_cents
    firm = int(np.bincount(nodes.firm).argmax())
    rows = np.flatnonzero(nodes.firm == firm)
    world.links.granted[:], world.links.backlog[:] = 0, 0
    nodes.cost_cents[:] = 101.0 + 3.0 * np.arange(len(nodes))
    nodes.on_hand[:], nodes.reserved[:] = 7, 0
    nodes.alive[rows[0]] = 0
    cash, scrapped = int(balance[firms.account[firm]]), world.products.scrapped.sum()
    turnover._wind_up(world, np.array([firm]))
    assert nodes.on_hand[rows].tolist() == [7] + [0] * (len(rows) - 1)
    assert (nodes.on_hand[nodes.firm != firm] == 7).all()
    fetched = sum(floor(7 * (101.0 + 3.0 * row) * 0.3 + 0.5) for row in rows[1:].tolist())
    assert int(balance[firms.account[firm]]) - cash == fetched
    assert world.products.scrapped.sum() - scrapped == 7 * (len(rows) - 1)
    assert not world.listings.alive[world.listings.seller == firm].any()
    assert world.listings.alive[world.listings.seller != firm].all()
    assert (world.offers.alive == world.listings.alive[world.offers.listing]).all()
    assert (world.members.alive == (world.members.firm != firm)).all()
    assert (world.chains.alive == (world.chains.seller != firm)).all()
    assert not world.links.alive[nodes.firm[world.links.buyer] == firm].any()


def test_orders_that_are_void_free_the_goods_that_were_set_aside_for_them(world):
    links, nodes = world.links, world.nodes
    rows = np.flatnonzero(links.supplier >= 0)[:2]
    links.per_unit[rows], links.granted[rows], links.backlog[rows], links.placed[rows] = (2, 3), (4, 5), 6, 7
    nodes.reserved[links.supplier[rows]] += np.array([8, 15])
    before = nodes.on_hand.copy()
    made = np.flatnonzero(links.supplier < 0)[:1]
    links.granted[made], links.backlog[made] = 9, 9
    turnover._cancel(world, np.concatenate([made, rows]))
    assert (nodes.on_hand - before)[links.supplier[rows]].tolist() == [8, 15]
    assert (nodes.on_hand - before).sum() == 23
    for column in (links.granted, links.backlog, links.placed):
        assert not column[rows].any()
        assert not column[made].any()


def test_what_a_firm_ran_goes_to_the_first_of_its_kind_at_home_if_there_is_one_and_platforms_have_no_machines(world):
    firms, lanes = world.firms, world.lanes
    names = world.names["firms"].index
    one, two = names("carrier-1"), names("carrier-2")
    own, heirs = lanes.carrier == one, firms.capacity.copy()
    firms.alive[one] = 0
    turnover._hand_over(world, np.array([one]))
    assert (lanes.carrier == two).all()
    assert own.any()
    assert firms.capacity[two] == heirs[two] + heirs[one]
    assert (np.delete(firms.capacity, two) == np.delete(heirs, two)).all()
    bazaar, other = names("bazaar"), names("market")
    before = firms.capacity.copy()
    firms.alive[bazaar] = 0
    turnover._hand_over(world, np.array([bazaar]))
    assert (world.storefronts.platform == other).all()
    assert (firms.capacity == before).all()
    makers = [names("tailors-1"), names("tailors-2"), names("us-tailors")]
    firms.alive[makers[0]] = 0
    firms.identity[makers[2]] = 0
    turnover._hand_over(world, np.array([makers[0]]))
    assert firms.capacity[makers[1]] == before[makers[1]] + before[makers[0]]
    assert firms.capacity[makers[2]] == before[makers[2]]
    seller = names("sellers-1")
    firms.alive[seller] = 0
    turnover._hand_over(world, np.array([seller]))
    assert firms.capacity[names("sellers-2")] == before[names("sellers-2")]


def test_a_tier_begins_at_its_edge_and_counts_live_offers_alone(world):
    offers, seven = world.offers, world.offers.listing == 6
    offers.relative[:] = 9.0
    for price, tier in ((0.84, 0), (0.86, 1), (1.19, 1), (1.21, 2)):
        offers.relative[seven] = price
        assert turnover._price_tier(world).tolist() == [tier if one == 6 else 2 for one in range(len(world.listings))]
    offers.alive[seven], offers.relative[seven] = 0, 0.5
    assert turnover._price_tier(world)[6] == 2


def test_the_middle_seller_of_a_cell_is_found_by_profit_over_fixed_costs(world):
    listings, firms = world.listings, world.firms
    firms.fixed_cents[:], firms.profit_ma[:] = 10, np.array([3, 1, 2] * 10)[: len(firms)]
    cell = np.array([0, 2, 0, 2, 0, 3, 2, 2, 0, 9])
    live = np.array([0, 1, 2, 3, 4, 6, 7, 8])
    ratio = firms.profit_ma[listings.seller] / 10.0
    found = turnover._middle(world, cell, live, 4)
    for one in range(4):
        mine = [row for row in live.tolist() if cell[row] == one]
        mine.sort(key=lambda row: (ratio[row], int(listings.identity[row])))
        assert found[one] == (mine[len(mine) // 2] if mine else -1)
    assert (turnover._middle(world, cell, live[:0], 4) == -1).all()


def test_one_more_earns_what_the_middle_one_does_among_one_more_less_costs_and_capital(world):
    listings, firms = world.listings, world.firms
    firms.fixed_cents[:], firms.profit_ma[:] = 100 + np.arange(len(firms)), 400 * (1 + np.arange(len(firms)))
    sellers = np.unique(listings.seller)
    listings.seller[:10] = sellers[[0, 1, 1, 2, 0, 2, 2, 1, 0, 0]]
    firms.fixed_cents[sellers[2]] = 50_000
    cell = np.array([0, 1, 0, 1, 2, 1, 2, 5, 3, 4])
    live = np.array([0, 1, 2, 3, 4, 5, 6, 8])
    middle = np.array([0, 3, 6, 8, -1, -1])
    count, worth = turnover._prospects(world, cell, live, middle)
    spread = Counter(listings.seller[live].tolist())
    for one in range(4):
        parts = sum(1_000_000 // spread[int(listings.seller[row])] for row in live if cell[row] == one)
        assert count[one] == pytest.approx(parts / 1e6)
        rivals = sum(cell[row] // 3 == one // 3 for row in live.tolist())
        like = int(listings.seller[middle[one]])
        fixed, profit = float(firms.fixed_cents[like]), float(firms.profit_ma[like])
        earned = (profit + fixed) * rivals / (rivals + 1) - 1.5 * fixed
        assert worth[one] == pytest.approx(min(max(earned / (1.5 * fixed), 0.0), 3.0))
    assert (count[4:] == 0.0).all()
    assert 0.0 in worth[:4]


def test_a_line_that_was_left_closes_only_when_nothing_is_owed_set_aside_or_on_its_way(world):
    links = world.links
    row = int(np.flatnonzero((links.lane >= 0) & (links.supplier >= 0))[0])
    links.share[row] = 0.0
    for column in (links.backlog, links.granted, links.coming):
        links.backlog[row] = links.granted[row] = links.coming[row] = 0
        column[row] = 1
        turnover._close_lines(world)
        assert links.alive[row] == 1
    links.backlog[row] = links.granted[row] = links.coming[row] = 0
    alive = links.alive.copy()
    turnover._close_lines(world)
    assert links.alive[row] == 0
    feeding = np.isin(links.buyer, links.supplier[row]) & ~np.isin(
        links.supplier[row], links.supplier[np.flatnonzero(alive)[np.flatnonzero(alive) != row]]
    )
    assert (links.alive == alive * ~feeding * (np.arange(len(links)) != row)).all()


def test_a_line_from_which_somebody_still_buys_goes_on_when_another_has_left_it(world):
    links = world.links
    bought = np.flatnonzero((links.lane >= 0) & (links.supplier >= 0))
    line = int(np.bincount(links.supplier[bought]).argmax())
    one, *others = bought[links.supplier[bought] == line].tolist()
    assert others
    links.share[one], links.backlog[one], links.granted[one], links.coming[one] = 0.0, 0, 0, 0
    before = links.alive.copy()
    turnover._close_lines(world)
    assert np.flatnonzero(links.alive != before).tolist() == [one]
    assert world.nodes.alive[line] == 1


def test_newcomers_are_drawn_by_the_sellers_of_a_cell_and_what_one_more_could_earn(world, monkeypatch):
    seen = {}
    monkeypatch.setattr(turnover, "births", lambda word, mean: seen.update(mean=mean) or np.zeros(len(mean), np.int64))
    monkeypatch.setattr(turnover, "_middle", lambda world, cell, live, size: seen.update(live=live, cell=cell))
    size = len(world.countries) * len(world.categories) * 3
    monkeypatch.setattr(turnover, "_prospects", lambda *_: (np.full(size, 3.0), np.full(size, 0.5)))
    world.listings.alive[2] = 0
    world.chains.searching[turnover._chain_of(world)[4]] = 1
    world.chains.alive[turnover._chain_of(world)[6]] = 0
    turnover._admit(world)
    entry = world.scenario.dials.dynamics.entry
    assert seen["mean"] == pytest.approx(np.full(size, 0.02 * entry * 3.0 * 0.5))
    assert seen["live"].tolist() == [0, 1, 3, 8, 9]
    listings = world.listings
    place = (listings.dest * len(world.categories) + listings.category) * 3
    assert (seen["cell"] == place + turnover._price_tier(world)).all()


def test_rates_follow_the_mean_of_a_week_of_what_was_asked_for_and_of_the_room(world):
    lanes = world.lanes
    lanes.asked_ma[:], lanes.room_ma[:] = 1000.0, 2000.0 + np.arange(len(lanes))
    lanes.asked_g[:] = 100 * np.arange(len(lanes))
    room = 50 * np.arange(len(lanes))[::-1].copy()
    fulfilment._quote_rates(world, room)
    assert lanes.asked_ma == pytest.approx(1000 + (100 * np.arange(len(lanes)) - 1000) / 7)
    assert lanes.room_ma == pytest.approx(2000 + np.arange(len(lanes)) * 6 / 7 + (room - 2000) / 7)
    over = np.clip(np.floor(lanes.asked_ma) / np.floor(lanes.room_ma) - 0.85, 0, 0.15) / 0.15
    assert lanes.rate == pytest.approx(0.6 + 0.4 * (1 + 4 * over**2))


def test_a_lane_has_less_room_the_longer_its_way_and_the_weaker_its_carrier_and_none_when_closed(market):
    world = market(warmup=0, chance__noise=False).world
    lanes, firms = world.lanes, world.firms
    DAY[1](world)
    usual = fulfilment._room(world)
    assert (usual == np.floor(lanes.capacity)).all()
    lanes.days[2] = 2.0 * lanes.transit[2]
    lanes.open[3] = 0
    assert fulfilment._room(world)[[2, 3]].tolist() == [usual[2] // 2, 0]
    lanes.days[4] = 0.0
    assert fulfilment._room(world)[4] == usual[4]
    lanes.days[2] = lanes.transit[2]
    one = int(lanes.carrier[2])
    firms.capacity[one] = 0.5 * np.floor(lanes.capacity)[lanes.carrier == one].sum()
    half = fulfilment._room(world)
    mine = (lanes.carrier == one) & (lanes.open > 0)
    assert half[mine] == pytest.approx(usual[mine] / 2, abs=1)
    assert (half[lanes.carrier != one] == usual[lanes.carrier != one])[lanes.open[lanes.carrier != one] > 0].all()
    firms.alive[one] = 0
    assert not fulfilment._room(world)[lanes.carrier == one].any()


def test_wages_and_materials_are_paid_in_the_makers_currency_and_become_what_the_goods_cost(world):
    links, nodes, firms = world.links, world.nodes, world.firms
    world.invoices.slabs.clear()
    world.shipments.slabs.clear()
    rows = np.flatnonzero(links.make >= 0)
    bare, fed = rows[links.supplier[rows] < 0][1], rows[links.supplier[rows] >= 0][1]
    links.granted[:] = 0
    links.granted[[bare, fed]], links.per_unit[fed] = (5, 3), 2
    nodes.reserved[links.supplier[fed]] = 6
    firms.labour_cents[:], firms.material_cents[:] = 70 + np.arange(len(firms)), 11
    nodes.cost_cents[:] = 200.5 + np.arange(len(nodes))
    world.countries.fx[:] = world.countries.fx_start * np.array([1.25, 0.5])
    fulfilment._produce(world)
    filed = {int(sent.link[row]): (int(sent.units[row]), int(sent.value_cents[row]))
             for _, _, sent in world.shipments.every() for row in range(len(sent))}  # fmt: skip
    billed = Counter()
    for _, _, one in world.invoices.every():
        for row in range(len(one)):
            billed[int(one.debtor[row]), Reason(one.reason[row])] += int(one.amount_cents[row])
    expected = Counter()
    for link, units in ((bare, 5), (fed, 3)):
        maker = int(links.make[link])
        dollars = 1 / (1.25, 0.5)[firms.country[maker]]
        wages, raw = floor(units * (70 + maker) * dollars + 0.5), floor(units * 11 * dollars + 0.5)
        used = floor(units * (200.5 + int(links.supplier[link])) * 2 + 0.5) if link == fed else 0
        expected[maker, Reason.WAGES] += wages
        expected[maker, Reason.MATERIALS] += 0 if link == fed else raw
        assert filed[int(link)] == (units, wages + (used if link == fed else raw))
    assert billed == +expected
    assert not links.granted.any()
    assert nodes.reserved[links.supplier[fed]] == 0


def test_a_closed_passage_lengthens_the_lanes_that_go_through_it_and_no_others(world):
    lanes, offers = world.lanes, world.offers
    lanes.passage[:], lanes.detour[:] = 0, 4.0
    lanes.passage[:3] = 1, 2, 0b1000
    for closed in ([0], [1], [0, 1], [3], []):
        world.passages.open[:] = 1
        world.passages.open[closed] = 0
        border.border(world)
        longer = [row for row, bit in ((0, 0), (1, 1), (2, 3)) if bit in closed]
        assert lanes.days.tolist() == [lanes.transit[row] + 4.0 * (row in longer) for row in range(len(lanes))]
    crossing = lanes.queue[offers.lane] >= 0
    days = lanes.transit[offers.lane] + lanes.last_mile[offers.lane] + np.where(
        crossing, world.countries.clearance[offers.dest], 0.0)  # fmt: skip
    assert offers.days == pytest.approx(days)
    late = np.exp(1.2816 * lanes.spread[offers.lane])
    assert (offers.promised == np.ceil(days * late).astype(int) + 1).all()


def test_machines_make_whole_units_and_none_on_a_holiday_or_when_their_firm_is_no_more(market):
    world = market(warmup=0).world
    firms = world.firms
    firms.capacity[:] = 3.7 + np.arange(len(firms))
    firms.alive[2] = 0
    made = Counter()
    for world.day in range(0, 366, 5):
        shut = world.seasons.on(world.first + world.day).shut
        found = matching._machine_days(world)
        made[bool(shut.any())] += 1
        for firm in range(len(firms)):
            assert found[firm] == (0 if firm == 2 or shut[firms.country[firm]] else 3 + firm)
    assert min(made[False], made[True]) > 0


def test_machines_are_fenced_by_each_lines_usual_part_and_not_where_they_are_pooled(world):
    links, firms = world.links, world.firms
    rows = np.flatnonzero(links.make >= 0)
    maker = links.make[rows]
    links.baseline[rows] = 1.5 + np.arange(len(rows))
    firms.capacity[:], firms.pooled[:] = 100.0, 0.25
    found = matching._fences(world, rows, maker)
    for place, row in enumerate(rows.tolist()):
        part = links.baseline[row] / links.baseline[rows[maker == links.make[row]]].sum()
        assert found[place] == floor(100 * 0.75 * part + 1e-9)
    firms.pooled[:] = 1.0
    assert not matching._fences(world, rows, maker).any()


def test_stock_that_is_less_than_a_unit_short_where_nothing_was_wanted_is_settled(world):
    nodes, rows = world.nodes, every(world.nodes)[:5]
    replenishment._look(world)
    nodes.forecast[:], nodes.season[:] = 2.0, 1.5
    position = replenishment._position(world, rows)
    nodes.level[rows] = position + np.array([1.0, 0.99, 0.5, -6.0, -6.0])
    nodes.habit[rows] = 0.0, 0.0, 0.1, 0.0, 2.0
    assert replenishment._deviation(world, rows) == pytest.approx([1 / 3, 0.0, 0.5 / 3, 0.0, 2.0])


def test_orders_come_in_whole_batches_of_a_maker_and_least_sizes_of_another_firm(world):
    links, nodes, firms = world.links, world.nodes, world.firms
    links.baseline[:] = 2.0
    firms.least_days[:], firms.batch_days[:] = 3.25 + np.arange(len(firms)), 4.25
    placed = np.full(len(links), 5, np.int64)
    placed[-1] = 0
    replenishment._in_lots(world, placed)
    for row in range(len(links) - 1):
        supplier, maker = int(links.supplier[row]), int(links.make[row])
        if maker >= 0:
            assert placed[row] == 9
        elif nodes.firm[supplier] == nodes.firm[links.buyer[row]]:
            assert placed[row] == 5
        else:
            least = floor(2 * (3.25 + nodes.firm[supplier]) + 0.5)
            assert placed[row] == (5 if least <= 5 else least if least <= 10 else 0)
    assert placed[-1] == 0


def test_the_coupon_of_a_page_is_a_part_of_the_goods_and_comes_off_what_is_paid(market):
    world = market(warmup=0, consumers=3000).world
    for phase in DAY[:5]:
        phase(world)
    orders, offers = world.orders, world.offers
    rows = np.arange(4)
    offers.value_cents[:], offers.coupon_cents[:], offers.landed_cents[:] = 1000 + every(offers), 30, 1200
    orders.offer[rows] = [0, 1, 2, 3]
    world.pages.coupon_ppm[:] = 0
    world.pages.coupon_ppm[orders.page[rows], orders.slot[rows]] = 100_000
    matching._redeem(world, rows)
    assert orders.coupon_cents[rows].tolist() == [130, 130, 130, 130]
    assert orders.paid_cents[rows].tolist() == [1100] * 4


def test_bills_of_the_dead_wait_for_the_administrator_and_those_of_the_living_do_not(world):
    firms, balance = world.firms, world.accounts.balance_cents
    world.invoices.slabs.clear()
    for debtor, cents in ((2, 50), (2, 30), (3, 20)):
        bill(world, firms.account[[debtor]], firms.account[[5]], np.array([cents]), Reason.FREIGHT, 4,
             np.array([debtor]))  # fmt: skip
    firms.alive[2] = 0
    estates.freeze(world, np.array([2]))
    due = {day: sorted(part.amount_cents.tolist()) for day, _, part in world.invoices.every()}
    assert due == {4: [20], world.day + 60: [30, 50]}
    world.day += 59
    balance[firms.account[2]], cash = 40, int(balance[firms.account[5]])
    estates.share(world)
    assert balance[firms.account[2]] == 0
    assert balance[firms.account[5]] == cash + 40
    assert world.counts["written_off_cents"] == 40
    assert Invoices.join([part for _, _, part in world.invoices.every()]).amount_cents.tolist() == [20]


def test_firms_of_a_kind_that_has_no_machines_are_not_asked_to_invest(world):
    firms, links = world.firms, world.links
    makers = np.unique(links.make[links.make >= 0])
    assert set(firms.kind[makers].tolist()) <= {KINDS.index("supplier"), KINDS.index("manufacturer")}
    world.accounts.balance_cents[firms.account] = 10**15
    before = firms.capacity.copy()
    links.backlog[:] = 0
    management._invest(world, np.ones(len(firms), bool))
    assert (firms.capacity == before).all()


def test_a_rule_remembers_nothing_that_could_be_changed_after_it_was_made():
    for decision in HOMES:
        for kind in registry(decision).values():
            rule = kind()
            with pytest.raises(FrozenInstanceError):
                rule.seen = 1
            assert hash(rule) == hash(kind())
