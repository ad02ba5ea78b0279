"""What platforms, shoppers, planners and owners go by, reckoned again row by row and at the edges of each rule."""

from collections import Counter
from math import floor

import numpy as np
import pytest

from abm import foresight
from abm.day import DAY
from abm.passing import Parcels
from abm.phases import arrivals, choice, feedback, information, management, marketing, payments
from abm.phases.shocks import Shock
from abm.settlement import Reason
from abm.world import VARIANTS, Stage
from kernels.chance import Stream

NAMES = [phase.name for phase in DAY]


def opened(market, phases=3, **changes):
    """A fresh world after the first phases of its first day."""
    world = market(**{"warmup": 0, **changes}).world
    for phase in DAY[:phases]:
        phase(world)
    return world


def bills(world, reason):
    """Cents of the invoices for a reason, by debtor and the account that is paid."""
    found = Counter()
    for _, _, part in world.invoices.every():
        for row in np.flatnonzero(part.reason == reason).tolist():
            found[int(part.debtor[row]), int(part.payee[row])] += int(part.amount_cents[row])
    return found


def test_bids_stay_between_a_twentieth_and_two_twenty_fifths_of_sales_and_rise_below_and_fall_above(market):
    world = opened(market)
    firms = world.firms
    ads = [0.0, 139.0, 140.0, 180.0, 224.0, 225.0, 1400.0, 0.0, 1400.0, 84.0]  # a day later 27 / 28 of it
    bids = [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.012, 0.9, 1.0, 0.4]
    for world.day, kept in ((1, True), (6, True), (7, False), (14, False)):
        firms.ads_ma[:10], firms.sales_ma[:10], firms.bid_share[:10] = ads, 2800.0, bids
        firms.sales_ma[9] = 0.0
        marketing._advertise(world)
        assert firms.ads_ma[:10] == pytest.approx(np.array(ads) * 27 / 28)
        assert firms.sales_ma[:9] == pytest.approx([2700.0] * 9)
        expected = [0.25, 0.25, 0.2, 0.2, 0.2, 0.16, 0.01, 1.0, 0.8, 0.4]
        assert firms.bid_share[:10] == pytest.approx(bids if kept else expected)


def test_coupons_are_aimed_at_segments_that_buy_below_the_mean_and_at_nobody_without_an_event(market):
    world = opened(market, start="2024-11-29", dials__personalisation__coupons=0.5)
    fronts = world.storefronts
    fronts.crowd[:], fronts.centre[:] = 0, 0
    fronts.crowd[:, :3], fronts.centre[:, :3, 0] = (10, 10, 20), (-40, 40, 0)
    event = world.seasons.on(world.first).event[fronts.country] > 0
    assert event.any()
    found = marketing._rebates(world).reshape(len(fronts), -1)
    for front in range(len(fronts)):
        assert found[front, :4].tolist() == [80_000 * event[front], 0, 40_000 * event[front], 40_000 * event[front]]


def test_what_an_order_leaves_is_reckoned_at_the_highest_commission_of_its_market(market):
    world = opened(market)
    offers, fronts = world.offers, world.storefronts
    world.firms.fee_ppm[:] = 10_000 * np.arange(len(world.firms))
    fronts.platform[:], fronts.country[:] = (10, 11, 3, 4), (0, 0, 1, 1)
    offers.coupon_cents[:] = 7
    highest = np.array([110_000, 40_000])[offers.dest]
    kept = (offers.value_cents - 7) * (1 - highest / 1e6) - world.nodes.cost_cents[offers.node]
    assert marketing._margin(world) == pytest.approx(kept)


def test_a_listing_is_new_for_thirty_days_and_doubted_until_somebody_has_reviewed_it(market):
    world = opened(market)
    listings = world.listings
    world.day, listings.reviews[:], listings.qhat[:] = 50, 0, 0.5
    listings.born[:] = 50 - np.arange(len(listings)) - 25
    listings.reviews[1] = 1
    goods = marketing._goods(world, *marketing._shelves(world))
    fresh = np.arange(len(listings)) + 25 < 30
    assert goods.fresh.tolist() == fresh.tolist()
    assert goods.rating == pytest.approx(np.where(fresh & (np.arange(len(listings)) != 1), 0.2, 0.5))


def test_a_new_listing_is_doubted_until_its_reviews_count_as_one_among_so_many_consumers(market):
    world = opened(market, demand__review_consumers=100)
    listings = world.listings
    listings.born[:], listings.qhat[:] = world.day, 0.5
    listings.reviews[:] = np.arange(len(listings)) + 5
    assert world.review_weight == 0.1
    goods = marketing._goods(world, *marketing._shelves(world))
    assert goods.rating == pytest.approx(np.where(listings.reviews < 10, 0.2, 0.5))


def test_a_shelf_is_in_stock_with_a_pack_among_so_many_consumers_or_a_days_sales(market):
    for among, enough in ((0, [1, 1, 1, 1, 1]), (100, [10, 10, 3, 1, 1])):
        world = opened(market, start="2024-11-29", platform__stock_consumers=among, dials__personalisation__coupons=0.0)
        assert world.scenario.consumers == 1000
        nodes, offers = world.nodes, world.offers
        nodes.forecast[:], least = np.resize([80.0, 10.0, 2.5, 0.4, 0.0], len(nodes)), np.resize(enough, len(nodes))
        for short in (1, 0):
            nodes.on_hand[:], nodes.ordered[:] = least - short, 0
            assert (marketing._stocked(world) == 1 - short).all()
            assert (information._idle(world) == information._shops(world) * short).all()
            assert (information._censored(world) == information._shops(world) * short).all()
            offers.coupon_cents[:] = 0
            marketing._campaign(world)
            assert offers.coupon_cents.any() == (short == 0)


def test_prices_are_shown_against_the_usual_price_in_the_money_of_the_market(market):
    world = opened(market)
    offers, countries = world.offers, world.countries
    countries.fx[:] = countries.fx_start * np.array([1.5, 0.8])
    marketing.marketing(world)
    usual = 100 * world.categories.price[world.listings.category[offers.listing]]
    dearer = np.array([1.5, 0.8])[offers.dest]
    assert offers.relative == pytest.approx(offers.landed_cents / usual * dearer, rel=1e-5)


def test_each_storefront_ranks_its_pages_on_its_own_day_of_the_week_and_all_on_the_first(market, monkeypatch):
    world, seen = opened(market), {}
    run = marketing.threads.run
    monkeypatch.setattr(
        marketing.threads, "run",
        lambda kernel, *given: (seen.update({kernel.__name__: given}), run(kernel, *given)),
    )  # fmt: skip
    front = np.arange(len(world.pages)) // (len(world.pages) // len(world.storefronts))
    for world.day in (0, 1, 5, 6, 7):
        marketing.marketing(world)
        due = seen["rank_pages"][2].astype(bool)
        assert (due == (((world.day + front) % 7 == 0) | (world.day == 0))).all()


def test_each_page_is_of_a_storefront_a_category_a_segment_and_a_variant_with_the_room_of_its_platform(market):
    world = opened(market)
    fronts, terms, kinds = world.storefronts, world.scenario.platform, len(world.categories)
    platforms = np.unique(fronts.platform)
    world.firms.capacity[platforms] = 7.9, 1e9
    front, keys = marketing._page_keys(world)
    page = 0
    for one in range(len(fronts)):
        room = 7 if fronts.platform[one] == platforms[0] else world.pages.axes["slot"]
        for category in range(kinds):
            for segment in range(terms.segments):
                for _ in range(VARIANTS):
                    assert front[page] == one
                    assert keys.cell[page] == fronts.country[one] * kinds + category
                    assert keys.segment[page] == one * terms.segments + segment
                    assert keys.room[page] == room
                    page += 1
    assert page == len(world.pages)
    assert (keys.paid == np.floor(terms.paid_share * keys.room)).all()
    assert (np.abs(keys.news - terms.new_share * keys.room) < 1.0).all()
    assert keys.news.sum() == pytest.approx((terms.new_share * keys.room).sum(), abs=4 * len(keys.room) ** 0.5)
    assert (np.diff(keys.block)[front[1:] == front[:-1]][: VARIANTS - 1] == 1).all()
    world.firms.alive[platforms[0]] = 0
    _, keys = marketing._page_keys(world)
    assert (keys.room == np.where(fronts.platform[front] == platforms[0], 0, world.pages.axes["slot"])).all()


def test_what_is_wanted_is_split_by_the_appetite_of_a_country_and_its_rate_by_the_season(market, monkeypatch):
    world, seen = opened(market, 4), {}
    monkeypatch.setattr(choice.threads, "run", lambda kernel, *given: seen.update({kernel.__name__: given}))
    world.countries.appetite[:] = 1.0 + np.arange(world.countries.appetite.size).reshape(world.countries.appetite.shape)
    world.countries.appetite[1] = 0.0
    choice._needs(world, None, None)
    rate, cumulative = seen["arise"][6], seen["arise"][7]
    season = world.seasons.on(world.first).needs
    assert rate[0] == pytest.approx(world.countries.rate[0] * season[0], rel=1e-6)
    assert rate[1] == 0.0
    parts = np.cumsum(world.categories.needs * world.countries.appetite[0])
    assert cumulative[0] == pytest.approx(parts / parts[-1], rel=1e-6)
    assert cumulative[:, -1].tolist() == [1.0, 1.0]
    assert (seen["arise"][3] == world.consumers.taste[:, 7]).all()


def test_the_place_of_an_order_in_the_queue_is_the_second_word_of_its_choice(market):
    world = opened(market, 5, consumers=10_000)
    assert len(world.orders) > 20
    assert (world.orders.lot == world.words(Stream.CHOICE, world.orders.consumer)[:, 1]).all()


def test_some_readers_are_asked_each_day_each_in_turn_and_what_they_got_is_added_up(market, monkeypatch):
    world, seen = opened(market, 4, consumers=250), {}
    monkeypatch.setattr(choice, "SAMPLE", 100)

    def asked(kernel, count, step, reader, *given):
        seen.update(reader=reader.tolist(), surprise=given[9])
        given[-1][:] = -0.25 + np.arange(count)

    monkeypatch.setattr(choice.threads, "run", asked)
    page, size = np.arange(len(world.consumers), dtype=np.int32), len(world.consumers)
    page[::5] = -1
    stride = -(-size // 100)
    for world.day in range(2 * stride):
        before = Counter(world.counts)
        choice._weigh_up(world, page)
        mine = [row for row in range(size) if row % stride == (world.first + world.day) % stride and page[row] >= 0]
        assert seen["reader"] == mine
        assert world.counts["asked"] - before["asked"] == len(mine)
        total = sum(floor(1e6 * (place - 0.25)) for place in range(len(mine)))
        assert world.counts["experienced_millionths"] - before["experienced_millionths"] == total
    listings = world.listings
    truth = world.products.quality[listings.product].astype(float) - listings.qhat
    assert seen["surprise"] == pytest.approx(truth)


def test_every_shopper_thinks_of_another_storefront_on_one_day_in_twenty_eight(market, monkeypatch):
    world, asked = opened(market, 4), Counter()
    monkeypatch.setattr(choice, "wander", lambda start, stop, rows, *_: asked.update(rows[start:stop].tolist()))
    for world.day in range(28):
        choice._go_elsewhere(world)
    assert asked == Counter(range(len(world.consumers)))


@pytest.fixture
def arrived(market):
    """A market on a day with some parcels at the door: three of different lanes, sellers and delay, one refused."""
    world = opened(market, 3, consumers=300)
    world.day = 20
    world.delivered = Parcels.of(
        4, consumer=np.array([5, 6, 7, 8]), offer=np.array([0, 4, 9, 6]), ordered=np.array([2, 18, 9, 1]),
        promised=np.array([18, 2, 10, 5]), booked=np.array([1, 1, 1, 5]), paid_cents=3000, freight_cents=200,
        storefront=0,
    )  # fmt: skip
    world.delivered.lane[:] = world.offers.lane[world.delivered.offer]
    return world


def test_lanes_learn_how_late_they_are_from_each_parcel_against_a_hundred_of_memory(arrived):
    world = arrived
    packs, lanes = world.delivered, world.lanes
    lanes.delay[:] = 0.5 + np.arange(len(lanes))
    world.offers.days[packs.offer] = 10.255
    before = lanes.delay.copy()
    feedback._learn(world, np.zeros(4), np.zeros(4, np.uint8), np.zeros(4, np.uint8))
    late, came = Counter(), Counter()
    for lane, ordered in zip(packs.lane.tolist(), packs.ordered.tolist(), strict=True):
        late[lane] += floor(100 * (20 - ordered - 10.255))
        came[lane] += 1
    for lane in range(len(lanes)):
        step = (late[lane] / 100 - came[lane] * before[lane]) / (came[lane] + 100)
        assert lanes.delay[lane] == pytest.approx(before[lane] + step)
    assert max(came.values()) == 2


def test_what_is_kept_and_not_panned_is_learned_as_liked(arrived, monkeypatch):
    seen = {}
    monkeypatch.setattr(feedback, "learn", lambda consumer, signal, kept, *_: seen.update(kept=kept.tolist()))
    feedback._learn(arrived, np.array([0.0, -0.1, -0.1, 2.0]), np.array([1, 1, 0, 1], np.uint8),
                    np.array([0, 0, 0, 1], np.uint8))  # fmt: skip
    assert seen["kept"] == [1, 0, 1, 0]


def test_reviews_sales_and_lateness_are_added_up_listing_by_listing(arrived, monkeypatch):
    world = arrived
    listings, offers, packs = world.listings, world.offers, world.delivered
    rating, reviewed = np.array([500, -700, 900, 300]), np.array([1, 1, 0, 1], np.uint8)
    monkeypatch.setattr(feedback, "_judged", lambda *_: (np.zeros(4), rating, reviewed, np.zeros(4, np.uint8)))
    listings.popularity[:], offers.demand_ma[:], listings.sold[:], offers.sold[:] = 2.0, 3.0, 5, 7
    reviews, total = listings.reviews.copy(), listings.rating_sum.copy()
    feedback.feedback(world)
    more, told = Counter(), Counter()
    for offer, points, written in zip(packs.offer.tolist(), rating.tolist(), reviewed.tolist(), strict=True):
        more[int(offers.listing[offer])] += written
        told[int(offers.listing[offer])] += points * written
    assert (listings.reviews - reviews).tolist() == [more[one] for one in range(len(listings))]
    assert (listings.rating_sum - total).tolist() == [told[one] for one in range(len(listings))]
    assert listings.popularity == pytest.approx(np.full(len(listings), 2 + 3 / 28))
    assert offers.demand_ma == pytest.approx(np.full(len(offers), 3 + 4 / 28))
    assert (world.counts["reviews"], world.counts["ratings_thousandths"]) == (3, 100)
    assert (world.counts["late_reviews"], world.counts["late_ratings_thousandths"]) == (1, 300)
    assert world.counts["delivered"] == 4


def test_a_refused_parcel_is_always_panned_and_never_sent_back(arrived):
    words = np.zeros((4, 4), np.uint32)
    gap, rating, reviewed, returned = feedback._judged(arrived, words)
    assert (gap[3], rating[3], reviewed[3], returned[3]) == (-2.0, -2000, 1, 0)
    assert returned[:3].all()
    assert not (gap[:3] == -2.0).any()


def test_the_badly_disappointed_move_on_by_as_little_trust_as_they_have(arrived):
    people = arrived.consumers
    people.trust[:], people.storefront[:] = 0.25, 1
    words = np.zeros((4, 4), np.uint32)
    edge = int(0.75 * 2**32)
    words[:, 3] = edge - 1, edge, edge - 1, 0
    fronts = np.bincount(arrived.storefronts.country)
    before = people.storefront.copy()
    feedback._move_house(arrived, np.array([-1.01, -1.01, -1.0, -3.0]), words)
    moved = [int(one) for one in np.flatnonzero(people.storefront != before)]
    assert moved == [5, 8]
    assert (people.storefront[moved] == 2 % fronts[people.country[moved]]).all()


def test_packs_go_back_on_the_days_of_their_way_at_the_sellers_cost(arrived, monkeypatch):
    world = arrived
    world.invoices.slabs.clear()
    world.parcels.slabs.clear()
    way, fare, local = np.array([1, 2, 0], np.uint8), np.array([30, 500, 0]), np.array([5, 30, 5])
    monkeypatch.setattr(feedback, "_ways_back", lambda *_: (way, fare, local))
    words = np.zeros((4, 4), np.uint32)
    words[:, 1] = 3, 17, 2, 0
    sold = world.listings.seller[world.offers.listing[world.delivered.offer]].tolist()
    carrier = world.firms.account[world.lanes.carrier[world.delivered.lane]].tolist()
    feedback._send_back(world, np.array([True, True, True, False]), words)
    assert world.delivered.booked.tolist() == [3, 3, 3, 5]
    filed = sorted((day, stage, part.consumer.tolist()) for day, stage, part in world.parcels.every() if len(part))
    assert filed == [(25, Stage.CONSOLIDATING, [5]), (31, Stage.RETURNING, [6])]
    expected = Counter()
    for row in (0, 1):
        expected[sold[row], carrier[row]] += int(fare[row])
    assert bills(world, Reason.FREIGHT) == expected
    assert [world.counts[f"back_{code}"] for code in range(3)] == [1, 1, 1]


def test_owners_take_half_of_what_exceeds_a_hundred_and_twenty_days_of_costs_every_four_weeks(market):
    world = opened(market)
    firms, balance = world.firms, world.accounts.balance_cents
    firms.fixed_cents[:], world.countries.interest_ppm[:] = 0, 0
    firms.spent_cents[:] = 29 * 1000 + 5
    for world.day, pays in ((0, False), (27, False), (28, True)):
        balance[firms.account] = 119_999 + 4 * np.arange(len(firms))
        before = balance[firms.account].copy()
        payments._run_costs(world)
        due = np.maximum(before - 29_005 // (world.day + 1) * 120, 0) // 2 * pays
        assert (before - balance[firms.account]).tolist() == due.tolist()
    assert due[0] == 0 < due[1]
    firms.alive[3] = 0
    balance[firms.account] = 10**9
    payments._run_costs(world)
    assert balance[firms.account[3]] == 10**9 > balance[firms.account[4]]


def test_members_of_the_shared_system_are_drawn_once_and_a_larger_share_keeps_them(market):
    before = np.zeros(17, bool)
    for share in (0.0, 0.3, 0.7, 1.0):
        world = market(warmup=0, dials__information__share=share).world
        information._join(world)
        words = world.words(information.Stream.MEMBERSHIP, world.firms.identity, day=0)[:, 0]
        now = world.firms.connected > 0
        assert (now == (words < share * 2.0**32)).all()
        assert not (before & ~now).any()
        assert now.any() == (share > 0)
        before = now
    assert now.all()


def test_a_shelf_that_was_empty_all_day_tells_what_was_expected_and_others_what_was_asked(market):
    world = opened(market)
    nodes, links = world.nodes, world.links
    shops = np.unique(world.offers.node)
    empty, sold_out, full = shops[:3].tolist()
    back = int(np.setdiff1d(np.arange(len(nodes)), shops)[0])
    nodes.on_hand[:], nodes.ordered[:], nodes.short[:], nodes.told[:] = 1, 0, 0, 0
    nodes.on_hand[[empty, sold_out, back]] = 0
    nodes.ordered[sold_out], nodes.short[sold_out], nodes.ordered[full] = 5, 2, 4
    nodes.forecast[:], links.asked[:] = 3.0, 0
    assert np.flatnonzero(information._idle(world)).tolist() == [empty]
    usual = np.floor(300 * information._expected(world) + 0.5)
    own, wanted = information._own(world), information._wanted(world)
    assert (own[empty], own[sold_out], own[full], own[back]) == (usual[empty], 300, 400, 0)
    assert (wanted[empty], wanted[sold_out], wanted[full]) == (usual[empty], 500, 400)
    link = int(np.flatnonzero(links.supplier >= 0)[0])
    links.asked[link], links.per_unit[link], source = 2, 3, int(links.supplier[link])
    nodes.ordered[source] += 6
    assert information._wanted(world)[source] == wanted[source]
    assert np.flatnonzero(information._censored(world)).tolist() == sorted([empty, sold_out])
    nodes.told[sold_out] = 1
    assert np.flatnonzero(information._censored(world)).tolist() == [empty]


def test_the_variance_of_demand_is_the_mean_square_of_surprises_over_sixty_days(market):
    world = opened(market, NAMES.index("information"))
    nodes = world.nodes
    variance, forecast = nodes.variance.copy(), nodes.forecast.copy()
    information.information(world)
    surprise = nodes.demand[:, 0] / 100 - forecast * nodes.index
    assert nodes.variance == pytest.approx(variance + (surprise**2 - variance) / 60)


def test_a_buyer_that_tells_its_plans_means_to_close_its_gap_and_others_do_as_they_have_done(market):
    world = opened(market)
    links, nodes = world.links, world.nodes
    nodes.forecast[:], nodes.lead[:], nodes.cover[:], nodes.beta[:] = 4.0, 3.0, 5.0, 0.5
    nodes.on_hand[:], nodes.owed[:] = 10 + 30 * np.arange(len(nodes)), 6
    links.ordered_ma[:], links.share[:] = 1.5 + np.arange(len(links)), 0.5
    told = np.arange(len(links)) % 2 == 0
    found = information._planned(world, told)
    coming = foresight.on_order(world)
    for link in range(len(links)):
        node = int(links.buyer[link])
        review = int(world.firms.review_days[nodes.firm[node]])
        gap = 4.0 * (3 + review + 5) - (10 + 30 * node + coming[node] - 6) - 4.0 * review
        plan = max(4.0 + 0.5 * gap / max(review, 1), 0.0)
        expected = plan * 0.5 if told[link] else 1.5 + link
        assert found[link] == pytest.approx(expected * links.per_unit[link])
    world.firms.adopted[:] = np.arange(len(world.firms)) % 3 > 0
    known = world.firms.adopted > 0
    partners = known[nodes.firm[links.buyer]] & known[nodes.firm[links.supplier]]
    assert (information._partners(world) == partners).all()


def test_a_supplier_plans_what_its_partners_mean_to_order_and_shoppers_buy_and_smooths_where_none_plans(market):
    world = opened(market)
    links, nodes, offers = world.links, world.nodes, world.offers
    world.firms.adopted[:] = 1
    offers.demand_ma[:] = 0.25 + np.arange(len(offers))
    links.alive[0], rows = 0, np.arange(len(nodes), dtype=np.int32)
    told = (links.alive > 0) & (links.supplier >= 0)
    planned = information._planned(world, told)
    total, asked = [0.0] * len(nodes), {int(one) for one in links.supplier[told]}
    for link in range(len(links)):
        if links.supplier[link] >= 0:
            total[links.supplier[link]] += planned[link]
    for offer in range(len(offers)):
        total[offers.node[offer]] += 0.25 + offer
    smooth = information.Smoothing(60)(world, rows)
    expected = [total[node] if node in asked else smooth[node] for node in range(len(nodes))]
    assert information.Plan(60)(world, rows) == pytest.approx(expected, abs=1e-4)


def test_a_mode_is_given_up_below_cost_and_taken_up_again_a_twentieth_above_it(market, monkeypatch):
    world = opened(market)
    offers, nodes = world.offers, world.nodes
    known = management.sourcing.ways(world)
    monkeypatch.setattr(management.positions, "fees", lambda _: np.array([0.5, 0.5]))
    nodes.cost_cents[:], offers.alive[:] = 1000.0, 1
    offers.alive[3:7], offers.value_cents[:] = 0, 1998
    offers.value_cents[:7] = 1998, 2000, 2002, 2000, 2098, 2100, 2102
    management._weigh_modes(world, known, np.ones(len(world.firms), bool))
    assert offers.alive[:7].tolist() == [0, 1, 1, 0, 0, 0, 1]
    assert not offers.alive[7:].any()
    offers.value_cents[:] = 9000
    management._weigh_modes(world, known, np.zeros(len(world.firms), bool))
    assert offers.alive[:7].tolist() == [0, 1, 1, 0, 0, 0, 1]
    known.runs[offers.lane[1]] = 0
    nodes.alive[offers.node[10]] = 0
    world.listings.alive[offers.listing[20]] = 0
    management._weigh_modes(world, known, np.ones(len(world.firms), bool))
    stays = (known.runs[offers.lane] > 0) & (nodes.alive[offers.node] > 0)
    stays &= world.listings.alive[offers.listing] > 0
    assert (offers.alive == stays | (offers.alive > 0) & (known.runs[offers.lane] > 0)).all()
    assert offers.alive[[1, 10, 20]].tolist() == [0, 0, 0]


def test_customs_clear_what_their_broker_can_and_nothing_when_they_rest_or_it_is_gone(market):
    world = market(warmup=0, chance__noise=False).world
    countries, firms = world.countries, world.firms
    broker = int(countries.broker[1])
    countries.customs[:] = np.array([[10, 20, 30], [5, 9, 7]])
    countries.broker[0] = -1
    for able, expected in ((1000.0, [5, 9, 7]), (21.0, [5, 9, 7]), (10.5, [2, 4, 3])):
        firms.capacity[broker] = able
        assert arrivals._customs_room(world).tolist() == [[0, 0, 0], expected]
    firms.alive[broker] = 0
    assert not arrivals._customs_room(world).any()


def test_an_inspection_takes_three_working_days_more(market):
    world = opened(market)
    world.countries.clearance[:], world.countries.workdays[:] = (1.4, 2.5), (127, 31)
    country, inspected = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    days = arrivals._release_days(world, country, inspected)
    weekday = world.date.weekday()

    def calendar(working):
        passed = 0
        while working:
            passed += 1
            working -= (weekday + passed) % 7 < 5
        return passed

    assert days.tolist() == [1, 4, calendar(3), calendar(6)]


def test_a_compliant_broker_is_inspected_less_and_none_is_inspected_as_usual(market, monkeypatch):
    world, seen = opened(market), {}
    monkeypatch.setattr(arrivals, "examine", lambda start, stop, usual, *_: seen.update(usual=usual))
    world.countries.inspection[:], world.countries.broker[0] = (0.2, 0.1), -1
    world.firms.compliance[world.countries.broker[1]] = 0.5
    none = np.zeros(2, np.int64)
    arrivals._examined(world, np.array([0, 1]), np.zeros(2, np.uint32), none, none)
    assert seen["usual"] == pytest.approx([0.2, 0.05])
    world.invoices.slabs.clear()
    world.firms.price_cents[world.countries.broker[1]] = 45
    arrivals._brokerage(world, np.array([0, 1, 1]), np.array([2, 3, 4]))
    account = int(world.firms.account[world.countries.broker[1]])
    assert bills(world, Reason.BROKERAGE) == {(3, account): 45, (4, account): 45}


def test_making_good_what_came_back_costs_the_dead_nothing(market):
    world = opened(market)
    world.invoices.slabs.clear()
    node = np.array([5, 11])
    world.nodes.cost_cents[node] = 1001.0, 999.0
    world.firms.alive[world.nodes.firm[11]] = 0
    before = world.nodes.on_hand.copy()
    arrivals._take_back(world, Parcels.of(2, offer=0), node)
    assert sum(bills(world, Reason.WAGES).values()) == 300
    assert (world.nodes.on_hand - before)[node].tolist() == [1, 1]
    assert world.counts["restocked"] == 2


@pytest.mark.parametrize(("op", "whole", "part"), [("set", [8, 3, 8], [7.5, 3.5, 7.5]),
                                                   ("scale", [15, 3, 38], [15.0, 3.5, 37.5]),
                                                   ("add", [10, 3, 13], [9.5, 3.5, 12.5])])  # fmt: skip
def test_a_shock_changes_its_rows_alone_and_whole_columns_half_up(op, whole, part):
    shock = Shock("one", 3, 5, 0, op, "lanes", "capacity", np.array([0, 2], np.int32), 7.5)
    units, reals = np.array([2, 3, 5]), np.array([2.0, 3.5, 5.0])
    shock.change(units)
    shock.change(reals)
    assert units.tolist() == whole
    assert reals.tolist() == part


def test_a_shock_lasts_from_its_first_day_to_the_day_before_its_last_and_rates_are_remembered(market):
    world = market(warmup=0, shocks=[{"day": 3, "until": 5, "scale": {"lanes.haul=sea.capacity": 0.5}}]).world
    usual = world.lanes.capacity.copy()
    for world.day in range(8):
        DAY[0](world)
        fewer = world.lanes.capacity < usual
        assert fewer.any() == (world.day in (3, 4))
        assert (world.countries.fx_past[:, world.day % world.axes["window"]] == world.countries.fx).all()
