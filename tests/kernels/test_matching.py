"""Rationing of stock among orders, against sorting the queue."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels import matching

nodes = st.integers(1, 5)
orders = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 6)), max_size=60)


def matched(node, lot, name, stock):
    filled = np.full(len(node), 9, np.uint8)
    given_orders = (np.array(node, np.int32), np.array(lot, np.uint32), np.array(name, np.uint64))
    matching.match(*given_orders, np.array(stock, np.int64), filled)
    return filled


def sorted_out(node, lot, name, stock):
    left, filled = list(stock), [0] * len(node)
    for i in sorted(range(len(node)), key=lambda i: (lot[i], name[i])):
        if node[i] >= 0 and left[node[i]] > 0:
            left[node[i]] -= 1
            filled[i] = 1
    return filled


def queued(queue):
    return np.array([lot for lot, _ in queue], np.uint32), np.array([name for _, name in queue], np.uint64)


def test_lots_go_before_identities_and_nothing_before_itself():
    assert matching.before(np.uint32(1), np.uint64(9), np.uint32(2), np.uint64(0))
    assert not matching.before(np.uint32(2), np.uint64(0), np.uint32(1), np.uint64(9))
    assert matching.before(np.uint32(1), np.uint64(8), np.uint32(1), np.uint64(9))
    assert not matching.before(np.uint32(1), np.uint64(9), np.uint32(1), np.uint64(9))


@given(st.permutations([(1, 5), (1, 7), (2, 0), (2, 3), (4, 4)]))
def test_the_first_the_middle_and_the_last_are_put_in_order_and_others_stay(queue):
    lots, names = queued(queue)
    assert matching.middle_first(lots, names, 0, 4) == 2
    turned = list(zip(lots.tolist(), names.tolist(), strict=True))
    assert turned[::2] == sorted(queue[::2])
    assert turned[1::2] == queue[1::2]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 99)), min_size=1, max_size=60, unique=True), st.data())
def test_the_last_served_stands_behind_all_others_that_are(queue, data):
    count = data.draw(st.integers(1, len(queue)))
    lots, names = queued(queue)
    matching.last_served(lots, names, count)
    turned = list(zip(lots.tolist(), names.tolist(), strict=True))
    assert sorted(turned) == sorted(queue)
    assert turned[count - 1] == sorted(queue)[count - 1]
    assert max(turned[:count]) == turned[count - 1]


@given(orders, st.lists(st.integers(0, 12), min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_the_smallest_lots_are_served_and_ties_go_to_the_smallest_identity(queue, stock, random):
    node, lot = [n for n, _ in queue], [k for _, k in queue]
    name = random.sample(range(2**40), len(queue))
    filled = matched(node, lot, name, stock)
    assert filled.tolist() == sorted_out(node, lot, name, stock)


@given(orders, st.lists(st.integers(0, 12), min_size=5, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(queue, stock, random):
    rows = [(n, k, name) for name, (n, k) in enumerate(queue)]
    shuffled = random.sample(rows, len(rows))
    served = [
        {name for (_, _, name), one in zip(order, matched(*columns(order), stock), strict=True) if one}
        for order in (rows, shuffled)
    ]
    assert served[0] == served[1]


def columns(rows):
    return [[row[k] for row in rows] for k in range(3)]


def test_exactly_the_stock_is_served_where_it_is_short():
    rng = np.random.default_rng(1)
    count, places = 40_000, 300
    weight = rng.pareto(1.5, places) + 0.1
    node = rng.choice(places, count, p=weight / weight.sum())
    node[rng.random(count) < 0.1] = -1
    demand = np.bincount(node[node >= 0], minlength=places)
    stock = np.where(rng.random(places) < 0.5, demand, rng.integers(0, demand + 1))
    lot = rng.integers(0, 2**32, count, dtype=np.uint32)
    lot[:20_000] >>= np.uint32(28)
    name = rng.permutation(count)
    filled = matched(node, lot, name, stock)
    assert (np.bincount(node[filled == 1], minlength=places) == np.minimum(demand, stock)).all()
    assert filled.tolist() == sorted_out(node.tolist(), lot.tolist(), name.tolist(), stock.tolist())


def test_equal_lots_are_told_apart_by_identities_of_any_size():
    name = [2**64 - 1, 5, 2**63, 4]
    assert matched([0] * 4, [2**32 - 1] * 4, name, [2]).tolist() == [0, 1, 0, 1]


def test_a_sorted_or_reversed_queue_is_rationed_alike():
    lot = np.arange(5000)
    for order in (lot, lot[::-1]):
        filled = matched(np.zeros(5000), order, order, [1234])
        assert (filled == (order < 1234)).all()


def test_stock_is_left_as_it_is_and_no_orders_are_no_trouble():
    stock = np.array([1, 0], np.int64)
    filled = np.empty(0, np.uint8)
    matching.match(np.empty(0, np.int32), np.empty(0, np.uint32), np.empty(0, np.uint64), stock, filled)
    assert stock.tolist() == [1, 0]
    assert matched([0, 0, 1, -1], [3, 2, 1, 0], [0, 1, 2, 3], [1, 0]).tolist() == [0, 1, 0, 0]
