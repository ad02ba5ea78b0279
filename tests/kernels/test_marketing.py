"""Pages: the offer that leads, the score against its formula, and slots that hold the best of a shelf and no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import marketing
from kernels.chance import draw, normal
from kernels.marketing import OUT_OF_STOCK

WEIGHTS = np.array([1.0, 0.5, 0.25])


def test_relative_prices_are_landed_over_usual():
    relative = np.full(3, -1, np.float32)
    landed, usual = np.array([1500, 4000, 7]), np.array([1000.0, 8000.0, 1.0])
    marketing.relative_price(0, 2, landed, usual, relative)
    assert relative.tolist() == [1.5, 0.5, -1.0]


class Offers:
    def __init__(self, relative, days, stocked, alive):
        self.relative, self.days = np.array(relative, np.float32), np.array(days, np.float64)
        self.stocked, self.alive = np.array(stocked, np.uint8), np.array(alive, np.uint8)

    def given(self):
        return self.relative, self.days, self.stocked, self.alive

    def lead(self, modes, price_taste, time_taste):
        return marketing.lead_offer(np.array(modes, np.int32), *self.given(), price_taste, time_taste)


def test_the_hurried_are_led_to_the_quick_offer_and_the_thrifty_to_the_cheap_one():
    offers = Offers([1.5, 1.0], [4, 14], [1, 1], [1, 1])
    assert offers.lead([0, 1], 1.0, 0.1) == 0
    assert offers.lead([0, 1], 3.0, 0.1) == 1


def test_what_is_in_stock_leads_at_any_price():
    offers = Offers([0.5, 5000.0, 6000.0], [5, 60, 5], [0, 1, 1], [1, 1, 1])
    assert offers.lead([0, 1, 2], 2.0, 0.1) == 1
    assert offers.lead([2, 0, 1], 2.0, 0.1) == 1
    assert offers.lead([0, -1, -1], 2.0, 0.1) == 0


def test_a_listing_without_live_offers_has_no_lead_and_equals_go_to_the_first_mode():
    offers = Offers([1.0, 1.0, 1.0], [5, 5, 5], [1, 1, 1], [0, 1, 1])
    assert offers.lead([-1, 0, -1], 1.0, 1.0) == -1
    assert offers.lead([0, 2, 1], 1.0, 1.0) == 2


@given(
    st.lists(st.tuples(st.sampled_from([0.5, 1.0, 2.0]), st.integers(1, 30), st.integers(0, 1), st.integers(0, 1)),
             min_size=4, max_size=4),
    st.lists(st.integers(-1, 3), min_size=1, max_size=6),
)  # fmt: skip
def test_the_lead_is_the_least_burden_among_the_stocked_for_each_segment(rows, modes):
    offers, tastes = Offers(*zip(*rows, strict=True)), (np.array([1.0, 2.0]), np.array([0.25, 0.0625]))
    lead = np.full((3, 2), -9, np.int32)
    marketing.leads(1, 2, np.array([modes] * 3, np.int32), *offers.given(), *tastes, lead)
    assert (lead[[0, 2]] == -9).all()
    live = [mode for mode in modes if mode >= 0 and offers.alive[mode]]
    for segment, (price, time) in enumerate(zip(*tastes, strict=True)):
        best = min(live, key=lambda j: (1 - offers.stocked[j], price * offers.relative[j] + time * offers.days[j]),
                   default=-1)  # fmt: skip
        assert lead[1, segment] == best


def scored(relative=0.8, days=9.0, stocked=1, qhat=0.4, liking=0.3, popular=1.5, fresh=0.0, luck=0.0, weights=WEIGHTS):
    return marketing.score(relative, days, stocked, qhat, liking, popular, fresh, 2.0, 0.05, weights, luck)


def test_the_score_weighs_relevance_revenue_and_rating():
    relevance = 0.3 - 2.0 * 0.8 - 0.05 * 9 + 0.5 * np.log(1.7)
    assert scored() == pytest.approx(relevance + 0.5 * np.log(0.8) + 0.25 * 0.4, rel=1e-13)
    assert scored(weights=np.array([1.0, 0.0, 0.0])) == pytest.approx(relevance, rel=1e-13)
    assert scored(weights=np.array([0.0, 0.0, 1.0])) == pytest.approx(0.4, rel=1e-13)


def test_news_and_luck_help_and_an_empty_shelf_hurts():
    assert scored(fresh=1.0) - scored() == pytest.approx(0.5, rel=1e-12)
    assert scored(luck=0.7) - scored() == pytest.approx(0.7, rel=1e-12)
    assert scored(stocked=0) - scored() == pytest.approx(-OUT_OF_STOCK, rel=1e-12)
    assert scored(popular=3.0) > scored() > scored(popular=0.0)
    assert np.isfinite(scored(relative=0.0, popular=0.0))


@given(st.lists(st.integers(-3, 3), max_size=12))
def test_ranks_count_from_the_highest_score_and_the_earlier_of_equals(scores):
    rank = np.full(len(scores), -1, np.int32)
    marketing.ranks(np.array(scores, np.float64), rank)
    order = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    assert [order.index(row) + 1 for row in range(len(scores))] == rank.tolist()


SEED, DAY, RANK_COST = np.uint64(11), np.uint32(738_000), 0.7


class Market:
    """Two cells of listings, each with one offer that leads both segments unless said otherwise."""

    def __init__(self, listings=14, seed=1, luck_sd=0.5, order=None):
        random = np.random.default_rng(seed)
        order = np.arange(listings) if order is None else order
        self.luck_sd, self.row = luck_sd, order
        self.identity = np.arange(listings, dtype=np.uint64)[order] << np.uint64(33)
        self.liking, self.popular, self.qhat, self.fixed, self.style, self.relative, self.days = (
            column[order] for column in random.uniform(0.1, 2.0, (7, listings))
        )
        self.fresh, self.home, self.stocked, cell = (column[order] for column in random.integers(0, 2, (4, listings)))
        self.lead = np.repeat(np.arange(listings, dtype=np.int32)[:, None], 2, axis=1)
        by_cell = np.lexsort((self.identity, cell)).astype(np.int32)
        self.first, self.shelf = np.searchsorted(cell[by_cell], [0, 1, 2]).astype(np.int32), by_cell
        self.price, self.time, self.weights = np.array([2.0, 0.5]), np.array([0.05, 0.2]), WEIGHTS

    def pages(self, cell, segment, room, block=None, slots=6, start=0):
        count = len(cell)
        block = np.arange(count) if block is None else block
        feature = np.full((count, slots, 6), -9, np.float32)
        listing, seller = np.full((2, count, slots), -9, np.int32)
        filled = np.full(count, -9, np.int32)
        keys = (np.array(column, np.int32) for column in (cell, segment, block, room))
        singles = (column.astype(np.float32) for column in (self.qhat, self.fixed, self.style))
        marketing.fill(start, count, *keys, self.first, self.shelf, self.lead, self.identity, self.liking,
                       self.popular, self.fresh.astype(np.float64), *singles, self.home.astype(np.uint8),
                       100 + self.row.astype(np.int32), self.relative.astype(np.float32), self.days,
                       self.stocked.astype(np.uint8), self.price, self.time, self.weights, RANK_COST, self.luck_sd,
                       SEED, DAY, feature, listing, seller, filled)  # fmt: skip
        return feature, listing, seller, filled

    def score(self, n, segment, block):
        j, luck = self.lead[n, segment], normal(draw(SEED, self.identity[n], DAY, np.uint32(block))[0])
        return marketing.score(float(np.float32(self.relative[j])), self.days[j], int(self.stocked[j]),
                               float(np.float32(self.qhat[n])), self.liking[n], self.popular[n], float(self.fresh[n]),
                               self.price[segment], self.time[segment], self.weights, self.luck_sd * luck)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_a_page_shows_the_best_of_its_shelf_in_the_order_of_identity(seed):
    market = Market(seed=seed)
    market.lead[:, 1] = market.lead[::-1, 0]
    market.lead[3], market.lead[5, 0] = -1, -1
    cells, segments, room = [0, 1, 0, 1], [0, 1, 1, 0], [3, 4, 6, 0]
    feature, listing, seller, filled = market.pages(cells, segments, room)
    for page, (cell, segment) in enumerate(zip(cells, segments, strict=True)):
        shelf = market.shelf[market.first[cell] : market.first[cell + 1]]
        shelf = [n for n in shelf if market.lead[n, segment] >= 0]
        best = sorted(shelf, key=lambda n: -market.score(n, segment, page))[: room[page]]
        count = filled[page]
        assert listing[page, :count].tolist() == sorted(best)
        assert seller[page, :count].tolist() == [100 + n for n in sorted(best)]
        for slot, n in enumerate(sorted(best)):
            offer, first = market.lead[n, segment], market.fixed[n] - RANK_COST * np.log(best.index(n) + 1)
            shown = market.relative[offer], market.days[offer]
            expected = [first, market.qhat[n], *shown, market.style[n], market.home[n]]
            assert feature[page, slot] == pytest.approx(np.array(expected), rel=1e-6, abs=1e-6)
        assert (feature[page, count:] == -9).all()
        assert (listing[page, count:] == -9).all()


def test_prices_and_days_shown_are_those_of_the_offer_that_leads_the_segment():
    market = Market(luck_sd=0.0)
    market.lead[:, 1] = np.arange(14)[::-1]
    feature, listing, _, filled = market.pages([0, 0], [0, 1], [6, 6])
    for page in (0, 1):
        for slot in range(filled[page]):
            offer = market.lead[listing[page, slot], page]
            assert feature[page, slot, 2:4] == pytest.approx([market.relative[offer], market.days[offer]], rel=1e-6)


def test_more_room_than_slots_still_shows_the_best_and_not_the_first():
    market = Market()
    narrow, wide = market.pages([0], [0], [3], slots=3), market.pages([0], [0], [99], slots=3)
    assert narrow[3][0] == 3
    for ours, theirs in zip(narrow, wide, strict=True):
        assert ours.tolist() == theirs.tolist()
    assert narrow[1][0].tolist() != market.shelf[:3].tolist()


def test_an_empty_shelf_gives_an_empty_page():
    market = Market()
    market.first = np.array([0, 0, 14], np.int32)
    assert market.pages([0, 1], [0, 0], [6, 6])[3].tolist() == [0, 6]


def test_luck_differs_by_page_and_without_it_pages_of_a_segment_are_alike():
    market = Market(listings=40)
    lucky = market.pages([0] * 8, [0] * 8, [4] * 8)[1]
    assert len({tuple(page) for page in lucky.tolist()}) > 1
    market.luck_sd = 0.0
    sober = market.pages([0] * 8, [0] * 8, [4] * 8)[1]
    assert len({tuple(page) for page in sober.tolist()}) == 1


def test_pages_do_not_depend_on_the_order_of_rows_or_pages():
    cells, segments, room, block = [0, 1, 1], [1, 0, 1], [5, 2, 4], [256, 257, 258]
    market = Market()
    feature, listing, seller, filled = market.pages(cells, segments, room, block)
    turned = market.pages(cells[::-1], segments[::-1], room[::-1], block[::-1])
    for ours, theirs in zip((feature, listing, seller, filled), turned, strict=True):
        assert ours.tolist() == theirs[::-1].tolist()
    order = np.random.default_rng(2).permutation(14)
    shuffled = Market(order=order).pages(cells, segments, room, block)
    for ours, theirs in zip((feature, seller, filled), (shuffled[0], shuffled[2], shuffled[3]), strict=True):
        assert ours.tolist() == theirs.tolist()
    assert order[shuffled[1][0, : filled[0]]].tolist() == listing[0, : filled[0]].tolist()


def test_a_chunk_of_pages_is_filled_alone():
    feature, listing, _, filled = Market().pages([0, 0], [0, 0], [2, 2], start=1)
    assert (feature[0] == -9).all()
    assert (listing[0] == -9).all()
    assert filled.tolist() == [-9, 2]


def test_interpreted_pages_agree_with_compiled_ones(monkeypatch):
    market = Market()
    compiled = market.pages([0, 1], [1, 0], [4, 3])
    for name in ("fill", "score", "ranks", "leads", "lead_offer"):
        one = getattr(marketing, name)
        monkeypatch.setattr(marketing, name, getattr(one, "py_func", one))
    interpreted = market.pages([0, 1], [1, 0], [4, 3])
    assert compiled[0] == pytest.approx(interpreted[0], rel=1e-6)
    for ours, theirs in zip(compiled[1:], interpreted[1:], strict=True):
        assert ours.tolist() == theirs.tolist()
