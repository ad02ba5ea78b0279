"""Firms that look ahead, attend to what is worst, ration their cash, move their lines, and are wound up fairly."""

import numpy as np
import pytest

from abm import attention, capital, estates, moves, positions, settlement, sourcing
from abm.phases import pricing, turnover
from abm.settlement import Reason
from abm.ties import Ties

DUTY = [{"dest": "US", "channel": "bulk", "from": "2024-08-05", "announced": "2024-07-06", "ad_valorem": 60.0}]
STRIKE = [{"day": 12, "until": 22, "announced": 3, "set": {"firms.cotton.capacity": 0}}]


@pytest.mark.parametrize(("preset", "days"), [("traditional", 28), ("proactive", 2)])
def test_initiative_sets_how_often_orders_are_reviewed(preset, days, market):
    made = market(warmup=0, dials__management__preset=preset)
    made.step()
    assert set(made.world.firms.review_days.tolist()) == {days}


def importing(world):
    """Nodes into which goods come over the border of the United States."""
    links = world.links
    us = world.names["countries"].index("US")
    return np.unique(links.buyer[(links.cell >= 0) & (world.nodes.country[links.buyer] == us)])


def test_an_announced_duty_fills_the_shelves_that_import_and_leaves_them_when_it_has_come(market):
    made = market(warmup=0, borders=DUTY, dials__management__preset="proactive")
    world = made.world
    cover = world.nodes.cover.copy()
    made.run(5)
    assert (world.nodes.cover == cover).all()
    made.run(5)
    raised = np.flatnonzero(world.nodes.cover > cover)
    assert len(raised)
    assert set(raised.tolist()) <= set(importing(world).tolist())
    assert (world.nodes.cover[raised] - cover[raised] <= 0.8 * 0.6 * 365 / 0.25).all()
    made.run(30)
    assert np.allclose(world.nodes.cover[: len(cover)], cover)


def test_who_has_no_initiative_waits_for_what_comes(market):
    made = market(warmup=0, borders=DUTY, shocks=STRIKE, dials__management__preset="traditional").run(11)
    assert (made.world.nodes.ahead == 0).all()


def test_an_announced_strike_is_stocked_for_by_those_whom_it_hits_for_no_longer_than_it_lasts(market):
    world = market(warmup=0, shocks=STRIKE, dials__management__preset="proactive").run(8).world
    hit = np.flatnonzero(world.nodes.ahead > 0)
    cotton = world.names["firms"].index("cotton")
    fed = world.links.buyer[world.nodes.firm[world.links.supplier] == cotton]
    own = np.flatnonzero(world.nodes.firm == cotton)
    assert len(hit)
    assert set(hit.tolist()) <= {*fed.tolist(), *own.tolist()}
    assert (world.nodes.ahead[hit] <= 10).all()


def test_a_firm_attends_to_what_is_farthest_off_and_to_no_more_than_it_can(market):
    world = market(warmup=0).world
    world.nodes.firm[:] = 0
    world.firms.initiative[:] = 0.0
    deviation = (np.arange(len(world.nodes)) * 7 % len(world.nodes)).astype(np.float64)
    chosen = attention.attended(world, np.ones(len(world.nodes), bool), deviation)
    assert np.flatnonzero(chosen).tolist() == [int(np.argmax(deviation))]
    world.firms.initiative[:] = 1.0
    assert attention.attended(world, np.ones(len(world.nodes), bool), deviation).all()


def test_attention_that_is_fenced_by_chain_is_worth_less(market):
    world = market(warmup=0).world
    world.nodes.firm[:] = 0
    world.firms.initiative[:] = 0.2 * 50 * 1000 / 100_000 * 3 / world.nodes.baseline.sum()
    room = int(attention.decisions(world)[0])
    due, far = np.zeros(len(world.nodes), bool), np.ones(len(world.nodes))
    due[:room] = True
    assert attention.attended(world, due, far).all() or room > 1
    world.firms.pooled[:] = 0.0
    assert attention.attended(world, due, far).sum() <= room


def short_of_cash(world):
    """The buyer with most links that cost money, owing nothing and having a cent for each third unit it wants."""
    links = world.links
    rows = np.flatnonzero((links.alive > 0) & (links.price_cents > 0))
    buyer = world.nodes.firm[links.buyer[rows]]
    firm = int(np.bincount(buyer).argmax())
    mine = rows[buyer == firm]
    links.granted[mine], links.backlog[mine] = 0, 30
    wanted = int((links.backlog[mine] * links.price_cents[mine]).sum())
    world.firms.credit_cents[firm] = 0
    world.firms.payable_cents[firm] = 0
    world.accounts.balance_cents[world.firms.account[firm]] = wanted // 3
    return firm, mine, wanted // 3


def test_cash_goes_first_to_the_chain_that_returns_most_on_it(market):
    world = market(warmup=0).world
    _, mine, cash = short_of_cash(world)
    units = capital.affordable(world, mine)
    assert (units * world.links.price_cents[mine]).sum() <= cash
    order = np.argsort(-capital.returns_on_cash(world, mine))
    full = units[order] == 30
    assert full.tolist() == sorted(full.tolist(), reverse=True)
    assert units.sum() > 0


def test_fenced_cash_does_not_move_between_chains(market):
    world = market(warmup=0).world
    firm, mine, cash = short_of_cash(world)
    world.firms.pooled[firm] = 0.0
    world.links.backlog[mine[1:]] = 0
    pooled_out = capital.affordable(world, mine)[0] * world.links.price_cents[mine[0]]
    flow = world.links.baseline[mine] * world.links.price_cents[mine]
    assert pooled_out <= cash * flow[0] / flow.sum() + 1


def test_a_dead_firms_creditors_share_alike_and_the_rest_is_written_off(market):
    world = market(warmup=0).world
    firms, account = world.firms, world.firms.account
    world.invoices.slabs.clear()
    firms.payable_cents[:] = firms.receivable_cents[:] = 0
    settlement.bill(world, account[[0, 0]], account[[1, 2]], np.array([3000, 1000]), Reason.GOODS, 5, np.array([0, 0]))
    settlement.bill(world, account[[0]], account[[3]], np.array([2000]), Reason.FREIGHT, 9, np.array([0]))
    firms.alive[0] = 0
    world.accounts.balance_cents[account[0]] = 1500
    before = world.accounts.balance_cents[account].copy()
    estates.freeze(world, np.array([0]))
    world.day = estates.ESTATE_DAYS - 1
    estates.share(world)
    paid = (world.accounts.balance_cents[account] - before).tolist()
    assert paid[:4] == [-1500, 750, 250, 500]
    assert firms.payable_cents[0] == firms.receivable_cents[1] == firms.receivable_cents[2] == 0
    assert len(world.invoices) == 0


def test_a_line_moves_to_another_maker_and_the_old_one_sells_out_and_closes(market):
    made = market(warmup=0, audited=True, dials__dynamics__rewiring=0.0)
    made.run(5)
    world = made.world
    link = int(positions.places(world).link[0])
    old = int(world.links.supplier[link])
    kind = np.where(world.products.finished > 0, 0, -1)[world.nodes.product]
    nodes, _ = sourcing.makers(world, kind)
    like = next(row for row in nodes.tolist() if world.nodes.firm[row] != world.nodes.firm[old])
    world.chains.new_maker[0] = like
    made.run(40)
    now = int(world.links.supplier[positions.places(world).link[0]])
    assert world.nodes.firm[now] == world.nodes.firm[like]
    assert world.nodes.product[now] == world.chains.product[0]
    assert world.nodes.alive[old] == 0
    assert world.links.alive[link] == 0
    mine = (world.members.chain == 0) & (world.members.tier == 2) & (world.members.alive > 0)
    assert world.members.firm[mine].tolist() == [world.nodes.firm[like]]


def test_a_maker_brings_along_whom_it_works_with_now_and_nobody_of_chains_that_have_left_it(market):
    world = market(warmup=0).world
    members = world.members
    live = np.flatnonzero((members.tier == 2) & (members.alive > 0))
    place, maker = int(live[0]), int(members.firm[live[0]])
    chain, alone = int(members.chain[place]), np.flatnonzero((members.firm == maker) & (members.tier == 2))
    members.alive[alone[alone != place]] = 0
    behind = (members.chain == chain) & (members.tier > 1) & (members.alive > 0)
    behind = sorted(zip(members.firm[behind].tolist(), members.tier[behind].tolist(), strict=True))
    for works, found in ((1, behind), (0, [(maker, 2)])):
        members.alive[place], rows = works, len(members)
        moves.join(world, Ties(world), np.array([len(world.chains)]), np.array([maker]))
        assert sorted(zip(members.firm[rows:].tolist(), members.tier[rows:].tolist(), strict=True)) == found
        members.alive[rows:] = 0
    assert len(behind) > 1


def test_a_chosen_mode_becomes_an_offer_that_sells(market):
    chains = [{"name": "abroad", "modes": ["express", "post"]}]
    made = market(warmup=0, audited=True, dials__dynamics__rewiring=0.0, chains=chains)
    made.run(3)
    world = made.world
    chain = world.names["chains"].index("abroad")
    dest = world.names["countries"].index("CN")
    listing = np.flatnonzero((world.listings.product == world.chains.product[chain]) & (world.listings.dest == dest))[0]
    offer = int(world.listings.offer[listing, 2])
    world.offers.alive[offer] = 0
    world.listings.offer[listing, 2] = -1
    world.chains.new_market[chain], world.chains.new_mode[chain] = dest, 2
    rows = len(world.offers)
    moves.open_offers(world, sourcing.ways(world), Ties(world), np.array([chain]))
    assert len(world.offers) == rows + 1
    assert world.listings.offer[listing, 2] == rows
    assert world.offers.lane[rows] == world.offers.lane[offer]
    assert world.offers.cell[rows] == world.offers.cell[offer]
    made.run(20)
    assert world.chains.new_market[chain] == -1


PARCELS = [{"dest": "US", "channel": "parcel", "from": "2024-08-05", "announced": "2024-07-06", "ad_valorem": 60.0,
            "value_hi": 800}]  # fmt: skip


def test_an_announced_duty_on_parcels_fills_the_shelves_abroad_to_which_shoppers_will_turn(market):
    made = market(warmup=0, borders=PARCELS, dials__management__preset="proactive")
    world = made.world
    made.run(5)
    assert (world.nodes.ahead == 0).all()
    made.run(5)
    raised = np.flatnonzero(world.nodes.ahead > 0)
    names = [world.names["nodes"][row] for row in raised]
    assert names
    assert all(name.endswith("/overseas/US") for name in names)
    made.run(30)
    assert (world.nodes.ahead == 0).all()


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_what_is_announced_and_does_not_come_is_stocked_for_all_the_same(market, truth):
    strike = [STRIKE[0] | {"truth": truth}]
    world = market(warmup=0, shocks=strike, dials__management__preset="proactive").run(13).world
    told = market(warmup=0, shocks=strike, dials__management__preset="proactive").run(8).world
    cotton = world.names["firms"].index("cotton")
    assert (world.firms.capacity[cotton] == 0) == (truth == 1.0)
    assert (told.nodes.ahead > 0).any()
    assert (world.nodes.ahead == 0).all()


def test_four_of_five_announcements_come_true_where_the_scenario_says_so(market):
    shocks = [{"name": f"told {k}", "day": 9, "truth": 0.8, "set": {"firms.cotton.capacity": 0}} for k in range(400)]
    world = market(warmup=0, shocks=shocks).world
    assert 290 <= sum(shock.true for shock in world.shocks) <= 350
    again = market(warmup=0, shocks=shocks[::-1]).world
    assert {s.name: s.true for s in world.shocks} == {s.name: s.true for s in again.shocks}


def test_who_believes_nothing_that_is_announced_stocks_nothing(market):
    made = market(warmup=0, borders=[*DUTY, *PARCELS], shocks=STRIKE, dials__management__preset="proactive",
                  dials__management__belief=0.0).run(10)  # fmt: skip
    assert (made.world.nodes.ahead == 0).all()


def three_plants(market, *levers):
    """Three makers who share some chains evenly, one cheap and plain, one usual, one dear and fine; and their rows."""
    made = market(consumers=2000, warmup=0, platform__slots=16, demand__quality_mean=0.75, firms__tailors__count=3,
                  chains__direct__count=12, dials__dynamics__entry=0.0, dials__dynamics__exit=0.0,
                  dials__management__levers=["logistics", *levers])  # fmt: skip
    world = made.world
    plants = np.array([world.names["firms"].index(f"tailors-{number}") for number in (1, 2, 3)])
    old = world.firms.quality[plants].copy()
    world.firms.quality[plants] = -0.3, 0.0, 0.8
    world.firms.labour_cents[plants] = 100, 800, 1500
    world.firms.capacity[plants] = 60.0
    for plant, more in zip(plants, world.firms.quality[plants] - old, strict=True):
        world.products.quality[(world.products.maker == plant) & (world.products.finished > 0)] += more
    return made, plants


def lines_and_prices(world, plants):
    """Chains that each plant makes for, and the mean price of their goods against the usual."""
    now = positions.places(world)
    live = (now.link >= 0) & (now.packs > 0)
    maker = world.nodes.firm[world.links.supplier[now.link]]
    mine = [live & (maker == plant) for plant in plants]
    return [int(rows.sum()) for rows in mine], [float(now.price[rows].sum()) / max(int(rows.sum()), 1) for rows in mine]


def test_advantages_part_makers_the_cheap_take_lines_of_the_low_tier_and_the_fine_those_of_the_upper(market):
    made, plants = three_plants(market, "product")
    before, _ = lines_and_prices(made.world, plants)
    made.run(180)
    lines, price = lines_and_prices(made.world, plants)
    assert lines[0] > before[0]
    assert lines[2] > before[2]
    assert lines[1] < before[1]
    assert price[0] < 0.85 < price[2] < 1.6
    assert price[2] > 1.15


def test_without_the_lever_of_product_lines_stay_with_their_makers(market):
    made, plants = three_plants(market)
    before, _ = lines_and_prices(made.world, plants)
    made.run(180)
    assert lines_and_prices(made.world, plants)[0] == before


def test_a_maker_takes_on_no_line_for_which_it_has_no_machines_free(market):
    world = three_plants(market, "product")[0].run(20).world
    moved = []
    for capacity in (1e6, 0.0):
        world.firms.capacity[:], world.chains.new_maker[:] = capacity, -1
        positions.weigh_makers(world, sourcing.ways(world), positions.places(world), np.arange(len(world.chains)))
        moved.append(int((world.chains.new_maker >= 0).sum()))
    assert moved[0] > 0 == moved[1]


def test_a_maker_without_work_asks_less_of_business_buyers_and_a_busy_one_more(market):
    made = market(warmup=0)
    world, plant = made.world, made.world.names["firms"].index("tailors-1")
    sold = np.flatnonzero((world.nodes.firm[world.links.supplier] == plant) & (world.links.price_cents > 0))
    making = world.links.make == plant
    asked = []
    for work in (0.0, 1.0, 3.0):
        world.links.asked_ma[making] = work * world.firms.load[plant] * world.firms.capacity[plant] / making.sum()
        world.links.price_cents[sold] = 1000
        pricing._transfer_prices(world, np.ones(len(world.firms), bool))
        asked.append(world.links.price_cents[sold].tolist())
    cost = world.nodes.cost_cents[world.links.supplier[sold]]
    markup = world.links.markup[sold]
    for price, stretch in zip(asked, (0.5, 1.0, 1.5), strict=True):
        wanted = 1000 + 0.4 * (cost * (1 + markup * stretch) - 1000)
        assert np.abs(np.array(price) - wanted).max() <= 0.51


def test_a_design_that_changes_plants_is_as_much_better_as_the_plant_is(market):
    made, plants = three_plants(market, "product")
    world = made.world
    now = positions.places(world)
    maker = world.nodes.firm[world.links.supplier[now.link]]
    chain = int(np.flatnonzero((now.link >= 0) & (maker == plants[0]))[0])
    product = int(world.chains.product[chain])
    before = float(world.products.quality[product])
    world.chains.new_maker[chain] = world.links.supplier[now.link[maker == plants[2]][0]]
    moves.move_lines(world, sourcing.ways(world), Ties(world), np.array([chain]))
    assert float(world.products.quality[product]) == pytest.approx(before + 1.1, abs=1e-5)


def test_newcomers_come_where_the_middle_seller_earns_more_than_capital_must(market):
    world = market(warmup=0).world
    listings, firms = world.listings, world.firms
    live = np.flatnonzero(listings.alive > 0)
    cell = np.zeros(len(listings), np.int64)
    sellers = np.unique(listings.seller)
    firms.fixed_cents[sellers] = 1000
    rich = sellers[-1]
    worth = []
    for usual in (400, 900):
        firms.profit_ma[sellers], firms.profit_ma[rich] = usual, 1e6
        middle = turnover._middle(world, cell, live, 3)
        assert middle[0] >= 0 > middle[1]
        worth.append(turnover._prospects(world, cell, live, middle)[1][0])
    rivals = len(live)
    assert worth == pytest.approx([0.0, (1900 * rivals / (rivals + 1) - 1500) / 1500])
