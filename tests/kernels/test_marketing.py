"""Pages: the offer that leads, the score against its formula, slots sold, and slots that hold the best of a shelf."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import marketing
from kernels.chance import draw, normal
from kernels.marketing import NEVER, OUT_OF_STOCK, UNKNOWN, Aim, Goods, Keys, Quotes

AIM = Aim(1.0, 0.5, 0.25, 0.3, 2.5, 0.0)
WANT = np.array([2.0, 0.05, 0.4, 0.15])


def test_relative_prices_are_landed_over_usual():
    relative = np.full(3, -1, np.float32)
    landed, usual = np.array([1500, 4000, 7]), np.array([1000.0, 8000.0, 1.0])
    marketing.relative_price(0, 2, landed, usual, relative)
    assert relative.tolist() == [1.5, 0.5, -1.0]


def quoted(relative, days, stocked=None, alive=None, margin=None):
    count, one = len(relative), np.ones(len(relative), np.uint8)
    stocked, alive = (one if given is None else np.array(given, np.uint8) for given in (stocked, alive))
    margin = np.full(count, 500.0) if margin is None else np.array(margin, np.float64)
    relative = np.array(relative, np.float32)
    return Quotes(relative, relative / np.float32(2), np.array(days, np.float64), margin, stocked, alive)


def lead(quotes, modes, price_taste, time_taste):
    known = quotes.relative, quotes.days, quotes.stocked, quotes.alive
    return marketing.lead_offer(0, np.array([modes], np.int32), *known, price_taste, time_taste)


def scored(n, market, want, aim):
    goods, quotes = market.goods, market.quotes
    known = goods.qhat[n], goods.style[n], goods.home[n], goods.popular[n], goods.rating[n]
    return marketing.score(*known, quotes.relative[n], quotes.days[n], quotes.stocked[n], want, aim)


def test_the_hurried_are_led_to_the_quick_offer_and_the_thrifty_to_the_cheap_one():
    quotes = quoted([1.5, 1.0], [4, 14])
    assert lead(quotes, [0, 1], 1.0, 0.1) == 0
    assert lead(quotes, [0, 1], 3.0, 0.1) == 1


def test_what_is_in_stock_leads_at_any_price():
    quotes = quoted([0.5, 5000.0, 6000.0], [5, 60, 5], stocked=[0, 1, 1])
    assert lead(quotes, [0, 1, 2], 2.0, 0.1) == 1
    assert lead(quotes, [2, 0, 1], 2.0, 0.1) == 1
    assert lead(quotes, [0, -1, -1], 2.0, 0.1) == 0


@pytest.mark.parametrize(("relative", "best"), [([9.0, 2.0, 1.0], 2), ([9.0, 1.0, 2.0], 1)])
def test_the_stock_of_the_leading_offer_is_its_own(relative, best):
    assert lead(quoted(relative, [5, 5, 5], stocked=[0, 1, 1]), [1, 2], 1.0, 1.0) == best


def test_a_listing_without_live_offers_has_no_lead_and_equals_go_to_the_first_mode():
    quotes = quoted([1.0, 1.0, 1.0], [5, 5, 5], alive=[0, 1, 1])
    assert lead(quotes, [-1, 0, -1], 1.0, 1.0) == -1
    assert lead(quotes, [0, 2, 1], 1.0, 1.0) == 2


@given(
    st.lists(st.tuples(st.sampled_from([0.5, 1.0, 2.0]), st.integers(1, 30), st.integers(0, 1), st.integers(0, 1)),
             min_size=4, max_size=4),
    st.lists(st.integers(-1, 3), min_size=1, max_size=6),
)  # fmt: skip
def test_the_lead_is_the_least_burden_among_the_stocked(rows, modes):
    quotes = quoted(*zip(*rows, strict=True))
    live = [mode for mode in modes if mode >= 0 and quotes.alive[mode]]
    best = min(live, key=lambda j: (1 - quotes.stocked[j], quotes.relative[j] + 0.25 * quotes.days[j]), default=-1)
    assert lead(quotes, modes, 1.0, 0.25) == best


class Market:
    """Two cells of listings, each with one offer that leads every segment."""

    def __init__(self, listings=14, seed=1, order=None, news=0.0):
        random = np.random.default_rng(seed)
        order = np.arange(listings) if order is None else order
        floats = random.uniform(0.1, 2.0, (8, listings))[:, order]
        popular, rating, qhat, fixed, style, relative, days, bid = floats
        home, stocked, cell = (column[order] for column in random.integers(0, 2, (3, listings)))
        fresh = (random.random(listings) < news)[order]
        identity = np.arange(listings, dtype=np.uint64)[order] << np.uint64(33)
        modes = np.full((listings, 2), -1, np.int32)
        modes[:, 1] = np.arange(listings)
        single = (column.astype(np.float32) for column in (qhat, fixed, style))
        self.goods = Goods(identity, modes, popular, fresh.astype(np.uint8), rating, *single, home.astype(np.uint8),
                           100 + order.astype(np.int32), bid)  # fmt: skip
        self.quotes = quoted(relative, days, stocked, margin=random.uniform(-200, 900, listings)[order])
        by_cell = np.lexsort((identity, cell)).astype(np.int32)
        self.first, self.shelf = np.searchsorted(cell[by_cell], [0, 1, 2]).astype(np.int32), by_cell
        self.want = np.array([WANT, [0.5, 0.2, -0.4, 0.0]])
        self.aim, self.rank_cost = AIM._replace(luck=0.5), 0.7

    def score(self, n, segment, block):
        luck = normal(draw(SEED, self.goods.identity[n], DAY, np.uint32(block))[0])
        return scored(n, self, self.want[segment], self.aim) + self.aim.luck * luck

    def pages(self, cell, segment, room, paid=None, news=None, block=None, slots=6, start=0, due=None, rebate=None):
        count = len(cell)
        nobody = np.zeros(count)
        block = np.arange(count) if block is None else block
        columns = (cell, segment, block, room, nobody if paid is None else paid, nobody if news is None else news)
        keys = Keys(*(np.array(column, np.int32) for column in columns))
        due = np.ones(count, np.uint8) if due is None else np.array(due, np.uint8)
        rebate = np.zeros(count, np.int32) if rebate is None else np.array(rebate, np.int32)
        listing, ad, seller, offer, coupon = np.full((5, count, slots), -9, np.int32)
        attention, feature = np.full((count, slots), -9, np.float32), np.full((count, slots, 6), -9, np.float32)
        filled = np.zeros(count, np.int32)
        marketing.rank_pages(start, count, due, keys, self.first, self.shelf, self.goods, self.quotes, self.want,
                             self.aim, self.rank_cost, SEED, DAY, listing, attention, ad, filled)  # fmt: skip
        marketing.show_pages(start, count, keys, self.goods, self.quotes, self.want, rebate, listing, attention, ad,
                             filled, seller, offer, coupon, feature)  # fmt: skip
        return Pages(feature, listing, seller, filled, attention, ad, offer, coupon)


class Pages:
    def __init__(self, *columns):
        self.columns = columns
        self.feature, self.listing, self.seller, self.filled, self.attention, self.ad, self.offer, self.coupon = columns

    def ranks(self, page):
        """Listings of a page by rank."""
        shown = self.filled[page]
        return self.listing[page, :shown][np.argsort(-self.attention[page, :shown], kind="stable")].tolist()


SEED, DAY = np.uint64(11), np.uint32(738_000)


def test_the_score_weighs_relevance_revenue_and_rating_and_an_empty_shelf_hurts():
    market = Market()
    for n in range(14):
        goods, quotes = market.goods, market.quotes
        price = float(quotes.relative[n])
        liked = 0.3 * goods.qhat[n] - 2.0 * price - 0.05 * quotes.days[n] + 0.4 * goods.style[n] + 0.15 * goods.home[n]
        relevance = 2.5 * liked + 0.5 * np.log(UNKNOWN + goods.popular[n])
        expected = relevance + 0.5 * np.log(price) + 0.25 * goods.rating[n] - OUT_OF_STOCK * (1 - quotes.stocked[n])
        assert scored(n, market, WANT, AIM) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_page_for_nobody_in_particular_is_ranked_by_what_sells():
    market, other = Market(), np.array([0.1, 0.9, -1.0, 2.0])
    aim = AIM._replace(revenue=0.0, rating=0.0, personal=0.0)
    for n in np.flatnonzero(market.quotes.stocked).tolist():
        found = [scored(n, market, want, aim) for want in (WANT, other)]
        assert found == pytest.approx([0.5 * np.log(UNKNOWN + market.goods.popular[n])] * 2, rel=1e-6, abs=1e-6)


def placed(score, least, wanted, rank=1, place=None):
    place = np.zeros(len(score), np.int32) if place is None else np.array(place, np.int32)
    return marketing.best_of(np.array(score, np.float64), least, wanted, rank, place), place.tolist()


def test_the_best_are_placed_first_and_the_earlier_of_equals():
    assert placed([1, 3, 3, 2], NEVER, 3) == (3, [0, 1, 2, 3])
    assert placed([1, 3, 3, 2], 1.0, 9, rank=5) == (3, [0, 5, 6, 7])
    assert placed([1, 3, 3, 2], NEVER, 2, rank=4, place=[0, 1, 0, 0]) == (2, [0, 1, 4, 5])
    assert placed([1, 3], NEVER, -1) == (0, [0, 0])


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(0, 5))
def test_the_auction_is_won_by_the_highest_and_costs_the_next_highest_worth(worth, slots):
    worth = np.array(worth, np.float64) * 100
    conversion, cents = np.full(len(worth), 0.5), np.full(len(worth), -9, np.int32)
    place = np.zeros(len(worth), np.int32)
    sold = marketing.best_of(worth, 0.0, slots, 1, place)
    marketing.second_prices(worth, conversion, sold, place, cents)
    ranked = [*sorted(worth, reverse=True), 0.0]
    assert sold == min(slots, int((worth > 0).sum()))
    for i in range(len(worth)):
        assert cents[i] == (2 * ranked[place[i]] if place[i] > 0 else 0)
        assert cents[i] <= 2 * worth[i]


def test_who_sells_better_owes_less_for_an_order_and_nobody_more_than_the_bid():
    worth, conversion = np.array([300.0, 200.0, 100.0]), np.array([3.0, 0.5, 1.0])
    cents, place = np.zeros(3, np.int32), np.array([1, 2, 0], np.int32)
    marketing.second_prices(worth, conversion, 2, place, cents)
    assert cents.tolist() == [66, 200, 0]


@pytest.mark.parametrize("seed", range(4))
def test_a_page_shows_the_best_of_its_shelf_in_the_order_of_identity(seed):
    market = Market(seed=seed)
    market.quotes.alive[3] = 0
    cells, segments, room = [0, 1, 0, 1], [0, 1, 1, 0], [3, 4, 6, 0]
    pages = market.pages(cells, segments, room)
    for page, (cell, segment) in enumerate(zip(cells, segments, strict=True)):
        shelf = [n for n in market.shelf[market.first[cell] : market.first[cell + 1]] if n != 3]
        best = sorted(shelf, key=lambda n: -market.score(n, segment, page))[: room[page]]
        count = pages.filled[page]
        assert pages.listing[page, :count].tolist() == pages.offer[page, :count].tolist() == sorted(best)
        assert pages.seller[page, :count].tolist() == [100 + n for n in sorted(best)]
        assert pages.ranks(page) == best
        for slot, n in enumerate(sorted(best)):
            goods, quotes = market.goods, market.quotes
            shown = goods.fixed[n] - 0.7 * np.log(best.index(n) + 1), goods.qhat[n], quotes.relative[n], quotes.days[n]
            expected = np.array([*shown, goods.style[n], goods.home[n]])
            assert pages.feature[page, slot] == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert (pages.feature[page, count:] == 0).all()
        for column in (pages.listing, pages.seller, pages.offer):
            assert (column[page, count:] == -1).all()


def test_slots_that_are_sold_come_first_and_news_last_though_they_score_less():
    market = Market(listings=40, news=0.3)
    plain, page = market.pages([0], [0], [6]), market.pages([0], [0], [6], paid=[2], news=[1])
    goods, quotes, shelf = market.goods, market.quotes, market.shelf[: market.first[1]]
    worth = {n: marketing.worth(goods.bid[n], goods.popular[n], quotes.margin[n], quotes.stocked[n]) for n in shelf}
    winners = sorted(worth, key=lambda n: -worth[n])
    ranks = page.ranks(0)
    assert ranks[:2] == winners[:2]
    assert market.goods.fresh[ranks[5]] == 1
    assert ranks[2:5] == [n for n in plain.ranks(0) if n not in winners[:2]][:3]
    assert plain.ad.tolist() == [[0] * 6]
    owed = dict(zip(page.listing[0].tolist(), page.ad[0].tolist(), strict=True))
    for n, following in pairwise(winners[:3]):
        assert owed[n] == int(worth[following] / (UNKNOWN + market.goods.popular[n])) > 0
    assert sum(cents > 0 for cents in owed.values()) == 2


def test_slots_that_nobody_buys_and_news_that_there_are_not_leave_no_gap():
    market = Market(listings=40)
    market.goods.bid[:] = 0.0
    plain, page = market.pages([0], [0], [6]), market.pages([0], [0], [6], paid=[2], news=[2])
    assert plain.ranks(0) == page.ranks(0)
    assert market.pages([0], [0], [99], news=[99], slots=6).filled.tolist() == [6]


def test_a_coupon_lowers_the_price_shown_by_its_part_of_the_goods_where_there_is_stock():
    market = Market()
    plain, page = market.pages([0], [0], [6]), market.pages([0], [0], [6], rebate=[160_000])
    stocked = market.quotes.stocked[page.offer[0]]
    assert page.coupon[0].tolist() == (160_000 * stocked.astype(int)).tolist()
    off = 0.16 * stocked * market.quotes.goods[page.offer[0]]
    assert page.feature[0, :, 2] == pytest.approx(plain.feature[0, :, 2] - off, rel=1e-6)


def shown_again(market, before, room):
    """A page of today as it is shown tomorrow, by a platform that has so much room."""
    keys = Keys(*(np.array([value], np.int32) for value in (0, 0, 0, room, 0, 0)))
    after = Pages(*(column.copy() for column in before.columns))
    marketing.show_pages(0, 1, keys, market.goods, market.quotes, market.want, np.zeros(1, np.int32), after.listing,
                         after.attention, after.ad, after.filled, after.seller, after.offer, after.coupon,
                         after.feature)  # fmt: skip
    return after


def test_a_platform_with_less_room_than_it_had_shows_the_first_slots():
    market = Market()
    before = market.pages([0], [0], [6])
    after = shown_again(market, before, 4)
    assert after.filled[0] == 4
    assert after.listing[0].tolist() == [*before.listing[0, :4], -1, -1]


def test_what_is_no_longer_offered_leaves_the_page_and_the_others_keep_their_rank():
    market = Market()
    before = market.pages([0], [0], [6])
    gone = before.listing[0, 2]
    market.quotes.alive[gone] = 0
    after = shown_again(market, before, 6)
    kept = [slot for slot in range(6) if slot != 2]
    assert after.listing[0].tolist() == [*before.listing[0, kept], -1]
    assert after.feature[0].tolist() == [*before.feature[0, kept].tolist(), [0.0] * 6]
    assert after.filled[0] == 5


def test_only_pages_that_are_due_are_ranked():
    pages = Market().pages([0, 0], [0, 0], [2, 2], due=[0, 1])
    assert pages.filled.tolist() == [0, 2]


def test_more_room_than_slots_still_shows_the_best_and_not_the_first():
    market = Market()
    narrow, wide = market.pages([0], [0], [3], slots=3), market.pages([0], [0], [99], slots=3)
    assert narrow.filled[0] == 3
    for ours, theirs in zip(narrow.columns, wide.columns, strict=True):
        assert ours.tolist() == theirs.tolist()
    assert narrow.listing[0].tolist() != market.shelf[:3].tolist()


def test_luck_differs_by_page_and_without_it_pages_of_a_segment_are_alike():
    market = Market(listings=40)
    market.aim = AIM._replace(luck=1.5)
    lucky = market.pages([0] * 8, [0] * 8, [4] * 8).listing
    assert len({tuple(page) for page in lucky.tolist()}) > 1
    market.aim = AIM
    sober = market.pages([0] * 8, [0] * 8, [4] * 8).listing
    assert len({tuple(page) for page in sober.tolist()}) == 1


def test_pages_do_not_depend_on_the_order_of_rows_or_pages():
    cells, segments, room, block = [0, 1, 1], [1, 0, 1], [5, 2, 4], [256, 257, 258]
    market = Market()
    pages = market.pages(cells, segments, room, paid=[1, 1, 1], block=block)
    turned = market.pages(cells[::-1], segments[::-1], room[::-1], paid=[1, 1, 1], block=block[::-1])
    for ours, theirs in zip(pages.columns, turned.columns, strict=True):
        assert ours.tolist() == theirs[::-1].tolist()
    order = np.random.default_rng(2).permutation(14)
    other = Market(order=order)
    other.quotes.margin[:] = market.quotes.margin[order]
    shuffled = other.pages(cells, segments, room, paid=[1, 1, 1], block=block)
    for ours, theirs in ((pages.feature, shuffled.feature), (pages.seller, shuffled.seller), (pages.ad, shuffled.ad)):
        assert ours.tolist() == theirs.tolist()
    assert order[shuffled.listing[0, : pages.filled[0]]].tolist() == pages.listing[0, : pages.filled[0]].tolist()


def test_interpreted_pages_agree_with_compiled_ones(monkeypatch):
    market = Market(news=0.3)
    compiled = market.pages([0, 1], [1, 0], [4, 3], paid=[2, 1], news=[1, 0])
    kernels = ("rank_pages", "show_pages", "sell", "order_of", "second_prices", "best_of", "worth", "score")
    for name in (*kernels, "lead_offer"):
        one = getattr(marketing, name)
        monkeypatch.setattr(marketing, name, getattr(one, "py_func", one))
    interpreted = market.pages([0, 1], [1, 0], [4, 3], paid=[2, 1], news=[1, 0])
    assert compiled.feature == pytest.approx(interpreted.feature, rel=1e-6)
    for name in ("listing", "seller", "filled", "ad", "offer", "coupon"):
        assert getattr(compiled, name).tolist() == getattr(interpreted, name).tolist()
