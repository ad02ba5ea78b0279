"""Rows are worked alone: whatever order they stand in each comes to the same, and rows outside the window stay."""

from dataclasses import dataclass

import numpy as np
import pytest

from kernels import (
    arrivals,
    currency,
    delivery,
    feedback,
    information,
    lanes,
    management,
    marketing,
    needs,
    payments,
    pricing,
    quotes,
    race,
    replenishment,
    returns,
    second_choice,
    segments,
    storage,
    supply,
    thresholds,
    turnover,
    welfare,
)

ROWS, FROM, TO = 23, 4, 20
UNTOUCHED = 77


@dataclass
class Column:
    """An argument with an entry, or a row of entries, for each row; `written` if the kernel works on it in place."""

    values: np.ndarray
    written: bool = False
    axis: int = 0


def luck():
    return np.random.default_rng(7)


def reals(low, high, *more):
    return Column(luck().permutation(np.linspace(low, high, ROWS * int(np.prod(more or 1))).reshape(ROWS, *more)))


def wholes(low, high, dtype=np.int64):
    return Column(luck().permutation(np.linspace(low, high, ROWS)).round().astype(dtype))


def among(*values, dtype=np.int64):
    """Each value in turn, in a pattern that no two neighbours share by rule."""
    return Column(np.array(values, dtype)[(np.arange(ROWS) ** 2 // 3 + np.arange(ROWS)) % len(values)])


def words(*more):
    return Column(luck().integers(0, 2**32, (ROWS, *more), dtype=np.uint32))


def empty(dtype=np.float64, *lead):
    return Column(np.full((*lead, ROWS), UNTOUCHED, dtype), True, len(lead))


def kept(column):
    """A column that is read and written."""
    return Column(column.values, True)


I4, I8, U1, F4 = np.int32, np.int64, np.uint8, np.float32
SMALL = wholes(0, 11, I4)  # rows of another table
TABLE = np.linspace(1.0, 3.0, 12) ** 2
MODES = Column(np.where(luck().random((ROWS, 3)) < 0.7, luck().integers(0, 12, (ROWS, 3)), -1).astype(I4))
COUNTRY = among(0, 1, 2, 1, dtype=I4)
THERE = np.arange(12, dtype=I4) % 3  # the country of each of twelve makers
WAYS = (luck().permutation(3 * 3 * 8).reshape(3, 3, 8).astype(I4) - 6, np.linspace(90, 900, 72),
        np.linspace(1.5, 0.7, 72), np.linspace(1, 40, 72), (np.arange(72) % 5 > 0).astype(U1))  # fmt: skip
GOODS = (np.array([0, 5, 9, 12], I4), luck().permutation(12).astype(I4))  # three goods and who makes them
SEED, DAY = np.uint64(3), np.uint32(9)
NAME = np.arange(100, 112, dtype=np.uint64)
TASTE = luck().uniform(0.2, 1.5, (12, 8)).astype(F4)
LAST = np.arange(12, dtype=I4) % 4
SHOWN = luck().normal(0, 1, (12, 5, 6)).astype(F4)
SELLER = (np.arange(60, dtype=I4) % 4).reshape(12, 5)
FILLED = np.array([5, 4, 5, 3, 5, 4, 5, 5, 3, 4, 5, 5], I4)
SHORT = among(0, 2, 1, dtype=np.int8)
AGAIN = (SMALL, wholes(11, 0, I4), Column((1 << SHORT.values.astype(np.uint32)).astype(np.uint32)), TASTE, LAST, SEED,
         DAY, SHOWN, SELLER)  # fmt: skip
CASES = {
    arrivals.travel: (reals(1, 20), reals(0, 0.6), words(), empty(I8)),
    arrivals.working_days: (3, wholes(0, 30), among(31, 127, 5, 0, 96, dtype=U1), empty(I8)),
    arrivals.examine: (reals(0.05, 0.4), wholes(1e5, 1e6), wholes(2e6, 5e5), words(), wholes(900, 99_000), empty(I8),
                       empty(I8), empty(I8)),
    arrivals.refuse: (wholes(0, 900, I4), wholes(2000, 100, I4), words(), empty(U1)),
    arrivals.at_the_door: (wholes(0, 600), wholes(900, 10), wholes(0, 300), among(7, 250, 90, 0, 400), empty(I8, 3)),
    currency.walk: (words(), among(0.0, 0.1, 0.3, dtype=float), reals(1, 9), kept(reals(-1, 1)), empty()),
    currency.convert: (wholes(-9000, 9000), reals(0.1, 9), empty(I8)),
    pricing.cost_plus_prices: (reals(100, 900), reals(0, 1), reals(0, 0.3), empty()),
    pricing.best_responses: (reals(500, 900), reals(90, 400), reals(0, 0.3), reals(-50, 90), reals(0.8, 1.2),
                             reals(0.001, 0.01), reals(0, 0.9), reals(0, 0.1), 0.6, empty()),
    pricing.sticky_prices: (among(0, 1, 1, dtype=U1), reals(100, 900), reals(900, 10), 0.4, empty()),
    pricing.markdowns: (reals(100, 900), reals(0, 200), 45.0, 0.4, empty()),
    pricing.declare_share: (np.array([1_000_000, 700_000, 400_000]), Column(np.cumsum(luck().integers(
        1, 4000, (ROWS, 3)), axis=1)[:, ::-1].copy()), wholes(900, 9000), reals(0.001, 0.3), wholes(0, 2e6),
        among(1_000_000, 300_000, 600_000), empty(I8)),
    feedback.judge: (Column(reals(-2, 2).values.astype(F4)), Column(reals(1, -1).values.astype(F4)), wholes(-3, 9),
                     words(4), reals(0.02, 0.8), 0.5, 0.2, 0.1, 0.3, 0.2, empty(), empty(I8), empty(U1), empty(U1)),
    feedback.judged_quality: (Column(reals(-2, 2).values.astype(F4)), wholes(0, 90), wholes(-9000, 50_000), 20.0, 0.5,
                              empty(F4)),
    information.moving_average: (Column(luck().integers(0, 90, (ROWS, 5))), 6, wholes(1, 5), empty()),
    information.smoothing: (reals(0, 90), reals(0, 1), kept(reals(50, 10))),
    information.ar1: (reals(0, 90), reals(50, 10), reals(-0.9, 0.9), wholes(1, 30), empty()),
    information.misrecord: (reals(0, 90), reals(0, 0.9), reals(-2, 2), empty()),
    information.persistence: (Column(luck().integers(0, 90, (ROWS, 5))), 6, 4, empty(), empty()),
    lanes.rates: (wholes(0, 900), wholes(1000, 300), reals(1, 9), 7.0, 0.6, kept(reals(2, 5)), empty()),
    lanes.waits: (3, among(127, 1, 0, 96, 10, dtype=U1), empty(I8)),
    management.drawn_by: (reals(-2, 2), 0.6, empty()),
    management.drawn_from: (reals(-1, 1), reals(0.5, 2), reals(-0.4, 0.4), np.array([1.0, 2.5]), np.array([0.6, 0.4]),
                            0.6, empty()),
    management.earned_a_day: (reals(-90, 900), reals(1, 30), reals(0.4, 2.5), reals(2, 0.5), reals(90, 400), 0.02,
                              empty()),
    management.local_mean: (Column(reals(-1, 1).values.astype(F4)), among(0, 1, dtype=I4), np.arange(12, dtype=I4),
                            np.linspace(-1, 1, 12).astype(F4), (np.arange(12) % 2).astype(I4), np.arange(12) * 3, 0.5,
                            empty()),
    needs.authorised: (wholes(0, 99, I4), SEED, DAY, Column(reals(0, 1).values.astype(F4)), empty(U1)),
    payments.screened: (reals(0, 0.2), 0.3, 0.15, 0.04, words(), empty(F4), empty(U1)),
    payments.part: (wholes(0, 9000), wholes(0, 1e6), empty(I8)),
    quotes.value_and_freight: (SMALL, wholes(11, 0, I4), wholes(90, 9000), wholes(100, 90_000), TABLE, TABLE + 300,
                               TABLE + 7, TABLE, empty(I8), empty(I8)),
    quotes.landed: (among(-1, 3, 2, dtype=I4), wholes(0, 250_000), wholes(100, 9000), wholes(10, 900), wholes(0, 99),
                    kept(wholes(90, 7)), wholes(5, 50), wholes(0, 30), empty(I8)),
    quotes.left_at_door: (among(0, 1, dtype=np.int8), among(-1, 0, 1, 1, dtype=I4), np.array([0, 1], U1),
                          wholes(10, 400), wholes(90, 7), wholes(5, 50), kept(wholes(900, 5000)), empty(I8)),
    replenishment.positions: (wholes(0, 90), wholes(50, 10), wholes(0, 30), empty(I8)),
    replenishment.base_stock_levels: (reals(0, 90), reals(30, 1), reals(1, 9), reals(3, 0), reals(-1, 2), empty()),
    replenishment.proportional_orders: (wholes(0, 900), reals(0, 90), reals(1, 9), reals(3, 0), reals(2, 20),
                                        reals(0, 1), empty()),
    replenishment.up_to_orders: (wholes(0, 900), reals(800, 100), empty()),
    replenishment.s_S_orders: (wholes(0, 300), reals(200, 100), reals(250, 500), empty()),
    replenishment.r_Q_orders: (wholes(-100, 300), reals(200, 100), reals(30, 90), empty()),
    replenishment.sterman_orders: (reals(-9, 30), reals(0, 40), reals(1, 9), reals(40, 20), reals(0, 1), reals(0, 1),
                                   empty()),
    returns.ways_back: (reals(100, 3000), wholes(0, 60), wholes(90, 5), wholes(30, 900), wholes(700, 90), 0.01,
                        empty(U1), empty(I8)),
    returns.shelves_in_market: (SMALL, np.array([2, 0], I4), MODES.values[:12].copy(), np.arange(12, dtype=I4),
                                (np.arange(12) % 3 > 0).astype(U1), empty(I4)),
    storage.storage_prices: (reals(0.1, 2), wholes(0, 100), wholes(90, 110), empty()),
    storage.rents: (Column(SMALL.values - 1), wholes(0, 90_000), 7.0, TABLE, empty(I8)),
    supply.to_normals: (words(), empty()),
    supply.in_lots: (wholes(1, 40), among(1, 7, 12), kept(wholes(60, 0))),
    thresholds.prices_near: (reals(400, 900), 5.0, 800.0, 0.25, empty()),
    turnover.draw_births: (words(), reals(0, 4), empty(I8)),
    turnover.join_up: (Column(np.arange(ROWS, dtype=np.uint64)), among(0, 2, 1, dtype=I4), COUNTRY, SMALL,
                       wholes(90, 5000), *GOODS, NAME, THERE, TABLE * 100, Column(luck().uniform(0, 0.9, (ROWS, 3))),
                       TABLE / 9, TABLE[::-1] / 9, np.arange(12) % 5, (np.arange(12) % 4 > 0).astype(U1), *WAYS, SEED,
                       DAY, np.uint32(7), empty(I4), empty(I4), empty()),
    management.hauls: (COUNTRY, among(2, 0, 1, dtype=I4), wholes(90, 5000), reals(900, 10), *WAYS, empty(I4), empty()),
    management.best_suppliers: (among(0, 2, 1, dtype=I4), COUNTRY, SMALL, wholes(90, 5000), *GOODS, THERE, TABLE * 100,
                                Column(luck().uniform(0, 0.9, (ROWS, 3))), TABLE, reals(0, 5), *WAYS, empty(I4),
                                empty(I4), empty()),
    marketing.relative_price: (wholes(90, 9000), reals(900, 100), empty(F4)),
    needs.page_of: (among(-1, 2, 0, 1, dtype=np.int8), wholes(0, 7, U1), Column(COUNTRY.values.astype(U1)),
                    among(0, 1, 2, dtype=U1), among(3, 0, 1, dtype=U1), np.array([4, 2, 0, 1, 3], I4),
                    np.array([0, 2, 2, 5], I4), 3, 4, empty(I4)),
    information.record: (wholes(5, 90), 7, Column(luck().integers(0, 90, (ROWS, 5)), True)),
    pricing.nearest_rivals: (SMALL, np.arange(12, dtype=I4) % 3, np.array([0, 4, 8, 12], I4),
                             np.array([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11], I4), np.arange(12, dtype=I4) // 4,
                             TABLE[::-1].astype(F4), np.arange(12) * 50 - 50, empty(I8)),
    segments.signals: (SMALL, SHORT, SHOWN, SHOWN[:, 0, :4].astype(float), np.abs(SHOWN[:, 1, :4]).astype(float),
                       Column(np.full((ROWS, 4), UNTOUCHED, np.int8), True)),
    welfare.experiences: (SMALL, wholes(11, 0, I4), TASTE, LAST, SHOWN, SELLER, FILLED, SELLER, SELLER,
                          SHOWN[:, :, 0].copy(), TABLE, TABLE[::-1].copy(), 0.6, empty()),
    second_choice.retry: (*AGAIN, FILLED, 0.6, 1, kept(SHORT), kept(words())),
    race.next_home: (*AGAIN, SELLER.astype(np.uint64), FILLED, 0.6, 1, kept(SHORT), kept(words())),
    delivery.delivery: (SMALL, wholes(11, 0, I4), TASTE, SEED, DAY, MODES.values[:12].copy(), TABLE.astype(F4),
                        TABLE[::-1].astype(F4), (np.arange(12) % 4 > 0).astype(U1), F4(0.6), 0, wholes(0, 11, I4), 0.7,
                        empty(I4)),
}  # fmt: skip


def lived(kernel, order, start, stop):
    """What a kernel writes of rows that stand in some order, put back into their own."""
    given, found = [], []
    for one in CASES[kernel]:
        if not isinstance(one, Column):
            given.append(one)
            continue
        given.append(np.ascontiguousarray(np.take(one.values, order, axis=one.axis)))
        if one.written:
            found.append((given[-1], one))
    kernel(start, stop, *given)
    back = np.argsort(order)
    return [np.take(values, back, axis=one.axis) for values, one in found]


def named(kernel):
    return f"{kernel.__module__.partition('.')[2]}.{kernel.__name__}"


@pytest.mark.parametrize("kernel", CASES, ids=named)
def test_rows_come_to_the_same_in_whatever_order_they_stand(kernel):
    usual = lived(kernel, np.arange(ROWS), 0, ROWS)
    assert all(len(np.unique(values)) > 1 for values in usual)
    for order in (np.arange(ROWS)[::-1], np.roll(np.arange(ROWS), 5), luck().permutation(ROWS)):
        for ours, theirs in zip(usual, lived(kernel, order, 0, ROWS), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kernel", CASES, ids=named)
def test_rows_outside_the_window_stay_as_they_are(kernel):
    usual, window = (lived(kernel, np.arange(ROWS), *part) for part in ((0, ROWS), (FROM, TO)))
    before = [one for one in CASES[kernel] if isinstance(one, Column) and one.written]
    for ours, theirs, was in zip(usual, window, before, strict=True):
        inside = (*(slice(None),) * was.axis, slice(FROM, TO))
        expected = was.values.copy()
        expected[inside] = ours[inside]
        np.testing.assert_array_equal(theirs, expected)
