"""What is shown, paid and sold, row by row: each by its own page, offer, seller, provider and platform."""

from collections import Counter
from math import floor

import numpy as np
import pytest

from abm.day import DAY
from abm.passing import Orders
from abm.phases import marketing, matching
from abm.settlement import Reason
from abm.world import VARIANTS, Outcome, Stage
from kernels.chance import Stream, counter


def opened(market, phases=4, **changes):
    """A fresh world after the first phases of its first day; the first firm is a payment provider like any other."""
    world = market(**{"warmup": 0, "consumers": 300, **changes}).world
    for phase in DAY[:phases]:
        phase(world)
    world.invoices.slabs.clear()
    return world


@pytest.fixture
def ordering(market):
    """A market with some orders of pages, slots and offers that all differ, the second of them not bought."""
    world = opened(market)
    offers, pages = world.offers, world.pages
    count = 9
    offer = 3 * np.arange(count) % len(offers)
    offer[-1] = len(offers) - 1
    page = np.arange(count) * (len(pages) // count) + np.arange(count) % 2
    orders = Orders.of(count, consumer=7 * np.arange(count)[::-1] + 1, page=page, slot=np.arange(count) % 5,
                       offer=offer, lot=np.array([5, 9, 3, 3, 8, 1, 2, 7, 0]), outcome=Outcome.BOUGHT)  # fmt: skip
    orders.outcome[1] = Outcome.SHORT
    world.orders = orders
    offers.dest[offer] = np.arange(count) % 2
    offers.value_cents[:] = 1000 + 10 * np.arange(len(offers))
    offers.landed_cents[:] = 1500 + 11 * np.arange(len(offers))
    offers.coupon_cents[:] = np.arange(len(offers)) % 4
    pages.coupon_ppm[:], pages.ad_cents[:] = 0, np.arange(pages.ad_cents.size).reshape(pages.ad_cents.shape) % 97
    world.countries.payment[:] = 0, -1
    return world


def of_orders(world):
    """By order: offer, seller, market and storefront."""
    offers, orders = world.offers, world.orders
    each = len(world.pages) // len(world.storefronts)
    return [(int(o), int(world.listings.seller[offers.listing[o]]), int(offers.dest[o]), int(page) // each)
            for o, page in zip(orders.offer, orders.page, strict=True)]  # fmt: skip


def test_sellers_owe_for_the_very_slot_that_sold_to_the_platform_that_showed_it_in_fifteen_days(ordering, bills):
    world = ordering
    firms, orders, owed = world.firms, world.orders, Counter()
    firms.ads_ma[:], firms.sales_ma[:], orders.paid_cents[:] = 0.0, 0.0, 500 + np.arange(len(orders))
    world.day, ads, sales = 1, Counter(), Counter()
    for row, (_, seller, _, front) in enumerate(of_orders(world)):
        cents = int(world.pages.ad_cents[orders.page[row], orders.slot[row]])
        if row != 1:
            platform = int(world.storefronts.platform[front])
            owed[16, seller, int(firms.account[seller]), int(firms.account[platform])] += cents
            ads[seller] += cents
            sales[seller] += 500 + row
    marketing._advertise(world)
    assert bills(world, Reason.ADVERTISING) == +owed
    assert 28 * firms.ads_ma == pytest.approx([ads[row] for row in range(len(firms))])
    assert 28 * firms.sales_ma == pytest.approx([sales[row] for row in range(len(firms))])


def test_pages_are_filled_by_goods_prices_beside_landed_ones_and_from_what_is_alive_and_admitted(market, monkeypatch):
    world, seen = opened(market, 3), {}
    offers = world.offers
    offers.alive[2] = offers.admitted[5] = 0
    world.nodes.on_hand[offers.node[0]] = 0
    monkeypatch.setattr(marketing, "_fill", lambda world, quotes: seen.update(quotes=quotes))
    marketing.marketing(world)
    quotes = seen["quotes"]
    usual = 100.0 * world.categories.price[world.listings.category[offers.listing]]
    usual /= (world.countries.fx / world.countries.fx_start)[offers.dest]
    assert quotes[0] == pytest.approx(offers.landed_cents / usual, rel=1e-5)
    assert quotes[1] == pytest.approx(offers.value_cents / usual, rel=1e-5)
    assert np.flatnonzero(np.asarray(quotes[5]) == 0).tolist() == [2, 5]
    assert (np.asarray(quotes[4]) == (offers.node != offers.node[0])).all()


def test_shelves_of_a_market_and_category_hold_its_living_listings_in_the_order_of_their_names(market):
    world = opened(market, 3)
    listings, kinds = world.listings, len(world.categories)
    listings.alive[3] = 0
    first, shelf = marketing._shelves(world)
    assert len(first) == len(world.countries) * kinds + 1
    for cell in range(len(first) - 1):
        mine = np.flatnonzero((listings.alive > 0) & (listings.dest * kinds + listings.category == cell)).tolist()
        mine.sort(key=lambda row: int(listings.identity[row]))
        assert shelf[first[cell] : first[cell + 1]].tolist() == mine
    sold = 1 + np.arange(len(listings)) ** 2
    mean, cell = marketing._against_the_shelf(sold, first, shelf)
    for place, row in enumerate(shelf.tolist()):
        assert cell[place] == listings.dest[row] * kinds + listings.category[row]
        assert mean[cell[place]] == pytest.approx(sold[shelf[cell == cell[place]]].mean())


def test_platforms_know_each_listings_style_home_and_seller_and_what_that_seller_bids(market):
    world = opened(market, 3)
    listings, products = world.listings, world.products
    products.style[:] = np.linspace(-0.9, 0.8, len(products))
    listings.xi[:], listings.home[:] = 0.1 * np.arange(len(listings)), np.arange(len(listings)) % 2
    world.firms.bid_share[:] = 0.01 * (1 + np.arange(len(world.firms)))
    goods, weight = marketing._goods(world, *marketing._shelves(world)), world.scenario.demand.style
    for row in range(len(listings)):
        style, seller = float(products.style[listings.product[row]]), int(listings.seller[row])
        found = (goods[6][row], goods[7][row], goods[8][row], goods[9][row], goods[10][row])
        home = int(listings.home[row])
        own = 0.1 * row - weight * style**2
        assert found == pytest.approx((own, 2 * weight * style, home, seller, 0.01 * (1 + seller)), abs=1e-5)


def test_pages_are_ranked_by_the_aim_of_their_platform_and_carry_the_coupons_of_their_segment(market, monkeypatch):
    world, seen = opened(market, 3, dials__personalisation__pages=0.5), {}
    monkeypatch.setattr(marketing.threads, "run", lambda kernel, *given: seen.update({kernel.__name__: given}))
    segments = len(world.storefronts) * world.scenario.platform.segments
    monkeypatch.setattr(marketing, "_rebates", lambda _: 5 + np.arange(segments, dtype=np.int32))
    marketing._fill(world, None)
    aim, demand = world.scenario.platform.objective, world.scenario.demand
    keys, weights = seen["rank_pages"][3], seen["rank_pages"][9]
    assert tuple(weights) == pytest.approx((aim.relevance, aim.revenue, aim.rating, demand.quality_mean,
                                            0.5 / demand.lam, marketing.LUCK_SD))  # fmt: skip
    assert (seen["show_pages"][6] == 5 + keys.segment).all()
    each, kinds = world.scenario.platform.segments, len(world.categories)
    page = 0
    for local in world.storefronts.local.tolist():
        for _ in range(kinds):
            for segment in range(each):
                for variant in range(VARIANTS):
                    block = (local % (256 // (each * VARIANTS)) * each + segment) * VARIANTS + variant
                    assert keys.block[page] == int(counter(Stream.SEGMENT)) + block
                    page += 1


def test_payments_are_screened_by_the_provider_of_their_market_the_first_firm_as_any_other(ordering, monkeypatch):
    world, seen = ordering, {}

    def screen(start, stop, keen, fraud, keenness, decline, word, failure, stolen):
        seen.update(rows=(start, stop), keen=keen.tolist())
        failure[:] = 0.0

    monkeypatch.setattr(matching, "screened", screen)
    world.firms.screening[:] = 0.1 + 0.01 * np.arange(len(world.firms))
    people = world.consumers
    people.country[world.orders.consumer] = np.arange(len(world.orders)) % 2
    matching._authorise(world)
    assert seen["rows"] == (0, len(world.orders))
    assert seen["keen"] == pytest.approx([0.1, 0.0] * 4 + [0.1])


def test_a_provider_carries_what_it_can_while_it_lives_and_where_there_is_none_nobody_pays(ordering, monkeypatch):
    world, limits = ordering, []
    rows = np.flatnonzero(world.orders.outcome == Outcome.BOUGHT)

    def granted(country, paid, limit, taken):
        limits.append(limit.tolist())
        assert country.tolist() == world.offers.dest[world.orders.offer[rows]].tolist()
        taken[:] = np.arange(len(rows)) % 3 > 0

    monkeypatch.setattr(matching, "within_limit", granted)
    world.firms.capacity[:] = 500.0 + np.arange(len(world.firms))
    node = world.offers.node[world.orders.offer[rows]]
    for alive in (1, 0):
        world.firms.alive[0], world.nodes.reserved[:], world.orders.outcome[rows] = alive, 50, Outcome.BOUGHT
        before = world.nodes.on_hand.copy()
        kept = matching._pay(world, rows)
        assert kept.tolist() == [row for place, row in enumerate(rows.tolist()) if place % 3]
        outcome = [Outcome.BOUGHT if place % 3 else Outcome.DECLINED for place in range(len(rows))]
        assert world.orders.outcome[rows].tolist() == outcome
        freed = np.bincount(node[np.arange(len(rows)) % 3 == 0], minlength=len(world.nodes))
        assert (world.nodes.on_hand - before).tolist() == freed.tolist()
    assert limits == [[500, 0], [0, 0]]


def test_a_fraud_is_charged_back_to_the_provider_of_its_market_after_forty_five_days_where_there_is_one(
    ordering, bills
):
    world, rows = ordering, np.arange(2, 9)
    orders, firms = world.orders, world.firms
    orders.paid_cents[:], orders.stolen[:] = 700 + np.arange(len(orders)), 1
    orders.stolen[4] = 0
    matching._charge_back(world, rows)
    mine = [row for row in rows.tolist() if row != 4 and of_orders(world)[row][2] == 0]
    assert 0 < len(mine) < len(rows) - 1
    due = sum(700 + row for row in mine)
    assert bills(world, Reason.CHARGEBACK) == {(45, 0, int(firms.account[0]), int(world.countries.people[0])): due}
    assert world.counts["chargeback_cents"] == due


def test_each_sale_is_a_parcel_of_its_own_offer_paid_into_its_sellers_escrow_in_the_order_of_lots(ordering):
    world = ordering
    orders, offers, people, firms = world.orders, world.offers, world.consumers, world.firms
    world.countries.payment[:], firms.capacity[0], firms.fee_ppm[:] = 0, 1e12, 1000 * (1 + np.arange(len(firms)))
    world.parcels.slabs.clear()
    for name, more in (("duty", 3), ("vat", 5), ("handling", 7), ("freight", 9), ("door", 2)):
        getattr(offers, f"{name}_cents")[:] = 40 + more * np.arange(len(offers))
    offers.promised[:] = np.where(np.arange(len(offers)) % 2, 300, 10 + np.arange(len(offers)))
    people.need[:], people.bought[:] = 1, 4
    people.bought[orders.consumer[3]] = 255
    for column in (world.nodes.sold, world.listings.sold, offers.sold):
        column[:] = 0
    escrow, purse = firms.escrow, world.countries.people
    before = world.accounts.balance_cents.copy()
    matching._sell(world)
    [(day, stage, packs)] = list(world.parcels.every())
    assert (day, stage) == (0, Stage.READY)
    rows = sorted(set(range(9)) - {1}, key=lambda row: (int(orders.lot[row]), int(orders.consumer[row])))
    moved, made = Counter(), of_orders(world)
    assert packs.consumer.tolist() == orders.consumer[rows].tolist()
    for place, row in enumerate(rows):
        offer, seller, dest, front = made[row]
        fee = firms.fee_ppm[world.storefronts.platform[front]]
        goods = int(offers.value_cents[offer]) - offer % 4
        moved[int(escrow[seller])] += int(offers.landed_cents[offer])
        moved[int(purse[dest])] -= int(offers.landed_cents[offer])
        found = {name: int(getattr(packs, name)[place]) for name in packs.columns if name not in ("signal", "consumer")}
        expected = {name: int(getattr(offers, name)[offer]) for name in ("value_cents", "duty_cents", "vat_cents",
                                                                         "handling_cents", "freight_cents",
                                                                         "door_cents", "lane")}  # fmt: skip
        expected |= {"offer": offer, "paid_cents": int(offers.landed_cents[offer]), "storefront": front, "ordered": 0,
                     "commission_cents": floor(goods * int(fee) / 1e6 + 0.5),
                     "promised": 255 if offer % 2 else 10 + offer}  # fmt: skip
        assert {name: found[name] for name in expected} == expected
        assert people.need[orders.consumer[row]] == 0
        kind, usual = world.listings.category[offers.listing[offer]], 255 if row == 3 else 4
        more = (np.arange(people.bought.shape[1]) == kind) * (row != 3)
        assert (people.bought[orders.consumer[row]] == usual + more).all()
    assert {row: int(cents) for row, cents in enumerate(world.accounts.balance_cents - before) if cents} == moved
    assert people.need.sum() == len(people) - len(rows)
    picked = [made[row][0] for row in rows]
    assert offers.sold.tolist() == np.bincount(picked, minlength=len(offers)).tolist()
    assert world.nodes.sold.tolist() == np.bincount(offers.node[picked], minlength=len(world.nodes)).tolist()
    assert world.listings.sold.tolist() == np.bincount(offers.listing[picked], minlength=len(world.listings)).tolist()


def test_each_book_is_shared_out_by_the_rule_of_its_own_firm(market):
    world = opened(market, 3)
    links, nodes, firms = world.links, world.nodes, world.firms
    rows = np.flatnonzero(links.supplier >= 0)
    asked = links.supplier[rows]
    seen = {}

    def rule(number):
        def answer(world, book):
            seen[number] = book
            return book.claim * (number + 1)

        return answer

    world.rules["rationing"] = [rule(0), rule(1)]
    firms.rationing[:] = np.arange(len(firms)) % 2
    links.since[:] = np.arange(len(links))
    claim = 1 + np.arange(len(rows))
    fenced = 100 + np.arange(len(rows))
    margin = matching.margins(world, rows)
    granted = matching._book(world, rows, asked, nodes.firm[asked], margin, claim, nodes.on_hand, fenced)
    kind = nodes.firm[asked] % 2
    assert set(kind.tolist()) == {0, 1}
    assert granted.tolist() == (claim * (kind + 1)).tolist()
    order = sorted(range(len(rows)), key=lambda k: (int(asked[k]), int(links.identity[rows[k]])))
    for number in (0, 1):
        book = seen[number]
        assert book.claim.tolist() == [int(claim[k]) if kind[k] == number else 0 for k in order]
        assert book.reserved.tolist() == [int(fenced[k]) if kind[k] == number else 0 for k in order]
        assert book.day.tolist() == rows[order].tolist()
        assert book.lot.tolist() == links.identity[rows[order]].tolist()
        assert book.weight.tolist() == margin[order].tolist()
        assert book.first.tolist() == np.searchsorted(asked[order], np.arange(len(nodes) + 1)).tolist()
