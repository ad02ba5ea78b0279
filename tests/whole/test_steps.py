"""Single steps of the day: who counts and who does not, the first row as any other, and what exactly follows."""

from collections import Counter

import numpy as np
import pytest

from abm import foresight, sourcing
from abm.day import DAY
from abm.model import Market
from abm.passing import Parcels
from abm.phases import arrivals, choice, feedback, information, management, marketing, pricing, turnover
from abm.phases.pricing import MatchRival
from abm.scenario import load
from abm.settlement import Reason
from abm.sourcing import Choice
from abm.world import Outcome


def opened(market, phases=3, **changes):
    """A fresh world after the first phases of its first day."""
    world = market(**{"warmup": 0, **changes}).world
    for phase in DAY[:phases]:
        phase(world)
    return world


def test_the_dead_decide_nothing(market):
    made = market(consumers=3000)
    made.run(3)
    world = made.world
    world.firms.alive[:] = 0
    prices, forecast = world.offers.price_minor.copy(), world.nodes.forecast.copy()
    lines, placed = (world.links.supplier.copy(), world.links.lane.copy()), world.links.placed.sum()
    names = [phase.name for phase in DAY]
    for _ in range(60):
        world.day += 1
        for name in ("replenishment", "pricing", "management"):
            DAY[names.index(name)](world)
    assert (world.offers.price_minor == prices).all()
    assert world.links.placed.sum() == placed
    assert (world.links.supplier == lines[0]).all()
    assert (world.links.lane == lines[1]).all()
    for _, _, bills in world.invoices.every():
        reviews = (bills.reason == Reason.WAGES) & (bills.issued > 10)
        assert not reviews.any()
    world.nodes.alive[:] = 0
    DAY[names.index("information")](world)
    assert (world.nodes.forecast == forecast).all()


def test_where_nobody_needs_anything_nobody_visits(market):
    world = opened(market, 4)
    world.categories.needs[:] = 0.0
    world.consumers.need[:] = 0
    DAY[4](world)
    assert world.counts["visits"] == 0
    assert len(world.orders) == 0


def test_visits_are_the_shoppers_who_read_and_a_storefront_is_judged_by_what_its_pages_promised(market, monkeypatch):
    seen, sample, hear = Counter(), {}, choice._hear
    monkeypatch.setattr(choice, "_hear", lambda world, page: (sample.update(page=page.copy()), hear(world, page)))
    world = market(warmup=0, consumers=12).world
    for world.day in range(30):
        for phase in DAY[:4]:
            phase(world)
        before, counts = world.storefronts.surplus.copy(), Counter(world.counts)
        DAY[4](world)
        read = sample["page"]
        assert world.counts["visits"] - counts["visits"] == (read >= 0).sum()
        assert world.counts["asked"] - counts["asked"] == (read >= 0).sum()
        pages = len(world.pages) // len(world.storefronts)
        for front in range(len(world.storefronts)):
            mine = (read >= 0) & (read // pages == front)
            if not mine.any():
                assert world.storefronts.surplus[front] == before[front]
                continue
            mean = world.consumers.last_surplus[mine].astype(float).mean()
            step = (mean - before[front]) / choice.MONTH if before[front] > 0.0 else mean
            assert world.storefronts.surplus[front] == pytest.approx(before[front] + step, abs=2e-6)
            seen["alone" if mine.sum() == 1 else "many"] += 1
    assert min(seen["alone"], seen["many"]) > 5


def test_where_there_is_plenty_everyone_gets_what_they_first_picked_the_first_offer_as_any_other(market):
    world = opened(market, 5, consumers=5000, dials__personalisation__delivery=0.0)
    world.nodes.on_hand[:] = 10**6
    world.pages.offer[::2], world.pages.listing[::2] = 0, world.offers.listing[0]
    DAY[5](world)
    orders = world.orders
    assert set(orders.outcome.tolist()) == {Outcome.BOUGHT, Outcome.DECLINED}
    bought = orders.outcome == Outcome.BOUGHT
    assert (orders.offer == orders.first)[bought].all()
    assert np.unique(orders.offer[bought]).tolist() == np.flatnonzero(world.offers.sold).tolist()
    assert 0 in orders.offer[bought]
    assert world.nodes.short.sum() == 0


def test_a_maker_makes_no_more_than_its_machines_allow_the_first_as_any_other(market):
    made = market(consumers=3000)
    made.run(0)
    world = made.world
    for phase in DAY[:5]:
        phase(world)
    links, firms = world.links, world.firms
    world.nodes.on_hand[:] = 10**6
    world.accounts.balance_cents[firms.account] = 10**12
    links.backlog[:], firms.capacity[:] = 1000, 7.6
    before = links.granted.copy()
    DAY[5](world)
    makers = np.unique(links.make[links.make >= 0]).tolist()
    assert 0 in makers
    for maker in makers:
        assert (links.granted - before)[links.make == maker].sum() == 7


def test_a_busy_maker_with_cash_adds_a_tenth_to_its_machines_and_nobody_else_does(market):
    world = opened(market)
    links, firms = world.links, world.firms
    makers = np.unique(links.make[links.make >= 0]).tolist()
    due = np.ones(len(firms), bool)
    firms.capacity[makers[-1]] = 0.0
    for maker in makers:
        links.backlog[:], world.nodes.owed[:] = 0, 0
        world.accounts.balance_cents[firms.account] = 31 * firms.fixed_cents
        links.backlog[links.make == maker] = 6 * int(firms.capacity[maker]) + 6
        before = firms.capacity.copy()
        management._invest(world, due)
        changed = np.flatnonzero(firms.capacity != before).tolist()
        assert changed == ([maker] if before[maker] else [])
        assert firms.capacity[changed] == pytest.approx(1.1 * before[changed])
        world.accounts.balance_cents[firms.account] = 30 * firms.fixed_cents
        management._invest(world, due)
        assert np.flatnonzero(firms.capacity != before).tolist() == changed


def test_links_are_weighed_again_by_firms_whose_turn_it_is_unless_they_are_closed_or_left(market):
    world = opened(market)
    links, due = world.links, np.zeros(len(world.firms), bool)
    due[world.nodes.firm[links.buyer]] = True
    links.alive[:], links.share[:] = 1, 1.0
    free = management._their_links(world, due).tolist()
    assert free == np.flatnonzero(links.lane >= 0).tolist()
    for column, value in ((links.alive, 0), (links.share, 0.0)):
        usual = column[free[0]]
        column[free[0]] = value
        assert management._their_links(world, due).tolist() == free[1:]
        column[free[0]] = usual
    due[world.nodes.firm[links.buyer[free[1]]]] = False
    left = management._their_links(world, due)
    assert len(left) < len(free)
    assert not (world.nodes.firm[links.buyer[left]] == world.nodes.firm[links.buyer[free[1]]]).any()


def test_one_pack_on_the_shelf_is_stock_and_gets_a_coupon_on_the_day_of_an_event(market):
    world = opened(market, start="2024-11-29", dials__personalisation__coupons=0.0)
    assert (world.seasons.on(world.first).event[world.offers.dest] > 0).any()
    world.nodes.on_hand[:] = 1
    world.nodes.on_hand[world.offers.node[0]] = 0
    empty = world.offers.node == world.offers.node[0]
    assert (marketing._stocked(world) == ~empty).all()
    before = world.offers.landed_cents.copy()
    marketing._campaign(world)
    event = world.seasons.on(world.first).event[world.offers.dest] > 0
    off = np.where(event & ~empty, world.offers.value_cents * 80_000 // 1_000_000, 0)
    assert (world.offers.coupon_cents == off).all()
    assert (world.offers.landed_cents == before - off).all()
    assert off.any()


def test_the_eve_of_an_event_and_the_day_after_have_no_coupons(market):
    days = []
    world = market(warmup=0, start="2024-11-01", dials__personalisation__coupons=0.0).world
    for world.day in range(40):
        DAY[0](world)
        DAY[1](world)
        marketing._campaign(world)
        event = world.seasons.on(world.first + world.day).event
        given = np.unique(world.offers.dest[world.offers.coupon_cents > 0]).tolist()
        assert given == np.flatnonzero(event).tolist()
        days.append(bool(given))
    assert 0 < sum(days) < 10


def test_platforms_know_a_listing_by_its_sales_against_the_mean_of_its_own_market(market):
    world = opened(market)
    listings = world.listings
    listings.popularity[:] = np.where(listings.dest == 0, 1.0, 5.0) * (1.0 + np.arange(len(listings)))
    listings.qhat[:] = listings.dest
    listings.reviews[:] = 3
    listings.reviews[0], listings.born[:] = 0, 0
    first, shelf = marketing._shelves(world)
    goods = marketing._goods(world, first, shelf)
    for one in shelf.tolist():
        alike = [two for two in shelf.tolist() if listings.dest[two] == listings.dest[one]]
        mean = np.mean([listings.popularity[two] for two in alike])
        assert goods.popular[one] == pytest.approx(listings.popularity[one] / mean, rel=1e-5)
        doubt = marketing.FRESH_DOUBT if one == 0 else 0.0
        assert goods.rating[one] == pytest.approx(float(listings.dest[one]) - doubt)
    assert len(set(listings.dest[shelf].tolist())) == 2


def test_segments_want_what_they_bought_more_than_others_by_the_variance_of_what_is_shown(market):
    world = market(warmup=0, consumers=300, dials__personalisation__pages=0.5).world
    fronts, demand = world.storefronts, world.scenario.demand
    fronts.crowd[:], fronts.centre[:] = 0, 0
    fronts.crowd[0, :2] = (30, 10)
    fronts.centre[0, 0], fronts.centre[0, 1] = (40, 8, -12, 4), (80, -8, 12, 8)
    mean = (30 * fronts.centre[0, 0].astype(float) + 10 * fronts.centre[0, 1]) / 40
    want = marketing._wants(world).reshape(len(fronts), -1, 4)
    for segment in (0, 1):
        tilt = (fronts.centre[0, segment] - mean) / marketing.BELIEF
        price, days, style, home = 0.5 * demand.lam * tilt / marketing.SPREAD
        usual = world.price_mean
        assert want[0, segment] == pytest.approx([
            np.clip(usual - price, 0.3 * usual, 3 * usual), max(usual * demand.theta + days, 0.0),
            np.clip(style / (2 * demand.style), -1, 1), demand.home + home,
        ])  # fmt: skip
    assert (want[1:] == want[1, 0]).all()


def test_no_match_of_a_rival_goes_below_cost_its_markup_and_the_fees(market):
    world = opened(market)
    rows = np.arange(len(world.offers), dtype=np.int32)
    rule = MatchRival(least=0.2)
    world.nodes.cost_cents[:] = 1e6
    floor = pricing._unit_cost(world, rows) * 1.2
    fees = pricing._fees(world, rows)
    assert (fees > 0.05).all()
    assert rule(world, rows) * (1.0 - fees) == pytest.approx(floor)


def test_each_makers_price_follows_its_own_cost_and_markup_and_stays_where_nothing_has_a_cost(market):
    world = opened(market)
    links, nodes = world.links, world.nodes
    sold = np.flatnonzero((links.price_cents > 0) & (links.supplier >= 0))
    links.asked_ma[:] = 0.0
    links.markup[:] = 0.1 * np.arange(len(links))
    nodes.cost_cents[:] = 1000.0 + np.arange(len(nodes))
    nodes.cost_cents[links.supplier[sold[0]]] = 0.0
    links.price_cents[sold] = 2000
    stretch = np.clip(sourcing.busyness(world), pricing.IDLE, pricing.BUSY)
    pricing._transfer_prices(world, np.ones(len(world.firms), bool))
    for link in sold.tolist():
        cost = nodes.cost_cents[links.supplier[link]]
        wanted = cost * (1 + links.markup[link] * stretch[nodes.firm[links.supplier[link]]])
        moved = 2000 + 0.4 * (wanted - 2000) if cost else 2000
        assert links.price_cents[link] == pytest.approx(moved, abs=0.51)


def test_lost_is_every_line_from_a_firm_that_is_no_more_and_another_maker_may_be_the_first_node(market, monkeypatch):
    world = opened(market)
    links, nodes, firms = world.links, world.nodes, world.firms
    bought = (links.alive > 0) & (links.supplier >= 0) & (links.lane >= 0)
    for firm in np.unique(nodes.firm[links.supplier[bought]]).tolist():
        firms.alive[firm] = 0
        gone = np.flatnonzero(bought & (nodes.firm[links.supplier] == firm))
        assert turnover._lost(world).tolist() == gone.tolist()
        firms.alive[firm] = 1
    firm = int(nodes.firm[0])
    lines = np.flatnonzero(bought & (nodes.firm[links.supplier] != firm) & (world.products.finished[
        nodes.product[links.buyer]] == 0))[:1]  # fmt: skip
    firms.alive[nodes.firm[links.supplier[lines]]] = 0
    monkeypatch.setattr(
        sourcing, "joined_up",
        lambda world, known, rows, kind, wanted: Choice(np.where(np.isin(rows, lines), 0, -1).astype(np.int32),
                                                        links.lane[rows], np.ones(len(rows))),
    )  # fmt: skip
    turnover._rebuild(world)
    assert (links.supplier[lines] == 0).all()


def test_orders_of_a_firm_that_is_wound_up_are_void_on_both_its_sides_and_its_shelves_are_empty(market):
    made = market(consumers=3000)
    made.run(5)
    world = made.world
    links, nodes = world.links, world.nodes
    assert links.backlog.sum() + links.granted.sum() + links.placed.sum() > 0
    for firm in range(len(world.firms)):
        own = nodes.firm == firm
        touched = own[links.buyer] | (own[links.supplier] & (links.supplier >= 0)) & (links.alive > 0)
        links.placed[links.alive > 0] += 1
        turnover._wind_up(world, np.array([firm]))
        for column in (links.backlog, links.granted, links.placed):
            assert not column[touched & (links.alive > 0)].any()
            assert not column[own[links.buyer]].any()
        assert not nodes.on_hand[own].any()
        assert not nodes.alive[own].any()
    assert not nodes.reserved.any() or world.parcels.every()


def test_a_report_to_who_does_not_know_the_calendar_is_taken_as_of_a_flat_day(market):
    world = market(warmup=0, **{"dials.information.share": 1.0, "dials.information.latency": 2}).world
    world.day, nodes = 132, world.nodes
    world.firms.adopted[:] = 0
    nodes.expects[:] = 3.0
    nodes.told[:] = 1
    sellers = (foresight.tiers(world) == 1)[nodes.firm]
    index = information._index(world)
    assert (~sellers).any()
    assert (index[~sellers] == 1.0).all()
    assert (index[sellers] != 1.0).any()
    nodes.told[:] = 0
    assert (information._index(world)[~sellers & (nodes.market < 0)] == 3.0).all()


def test_a_pack_on_its_way_back_costs_by_weight_and_more_where_packs_are_gathered_first(monkeypatch):
    made = Market(load("three_countries", set={"consumers": 3000, "warmup": 0}))
    made.run(25)
    world, asked = made.world, {}
    world.categories.weight[:] = 1000 * np.arange(1, len(world.categories) + 1)
    packs = Parcels.join(one for _, _, one in world.parcels.every())
    monkeypatch.setattr(
        feedback, "ways_back", lambda start, stop, worth, days, home, local, *_: asked.update(local=local, days=days)
    )
    feedback._ways_back(world, packs, np.full(len(packs), 12))
    kilograms = world.listings.category[world.offers.listing[packs.offer]] + 1
    there = feedback.LOCAL[world.offers.mode[packs.offer]] | (world.lanes.queue[packs.lane] < 0)
    gathered = asked["days"] == feedback.CONSOLIDATION_DAYS
    assert gathered.any()
    assert not (gathered & there).any()
    expected = 300 + 100 * kilograms + np.where(gathered, 60 * kilograms, 0)
    assert (asked["local"] == expected)[~there].all()


def test_customs_weighs_goods_of_every_category_by_their_own_weight(monkeypatch):
    seen, really = Counter(), arrivals._assess

    def weighed(world, cell, value, freight, units, grams):
        crossing = cell >= 0
        category = np.unravel_index(np.maximum(cell, 0), world.law.shape)[1]
        assert (grams == units * world.categories.weight[category])[crossing].all()
        seen.update(zip(category[crossing].tolist(), (units > 1)[crossing].tolist(), strict=True))
        return really(world, cell, value, freight, units, grams)

    monkeypatch.setattr(arrivals, "_assess", weighed)
    Market(load("three_countries", set={"consumers": 2000, "warmup": 0}), days=8).run()
    assert min(seen[category, many] for category in (0, 1) for many in (False, True)) > 0
