"""Books that ask for more than there is: nothing is lost, nobody gets more than asked, the order of rows is nothing."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import rationing

RULES = [rationing.proportional, rationing.uniform, rationing.priority, rationing.first_come]
LOTS = st.integers(0, 2**64 - 1)


def ration(rule, books, available):
    """Grants of books given as lists of (claim, day, lot, weight, reserved)."""
    first = np.cumsum([0] + [len(book) for book in books])
    rows = [row for book in books for row in book]
    claim, day, lot, weight, reserved = zip(*rows, strict=True) if rows else [()] * 5
    granted = np.full(len(rows), -1)
    rule(
        0, len(books), first, np.array(claim, np.int64), np.array(day, np.int64), np.array(lot, np.uint64),
        np.array(weight, np.float64), np.array(available, np.int64), np.array(reserved, np.int64), granted,
    )  # fmt: skip
    return [granted[a:b].tolist() for a, b in itertools.pairwise(first)]


def books(reserved):
    row = st.tuples(st.integers(0, 60), st.integers(0, 3), LOTS, st.sampled_from([-1.0, 0.5, 2.0]), reserved)
    return st.lists(st.lists(row, max_size=9, unique_by=lambda row: row[2]), min_size=1, max_size=4)


def stocks(many):
    return st.lists(st.integers(-5, 300), min_size=len(many), max_size=len(many))


@pytest.mark.parametrize("rule", RULES)
@given(data=st.data())
def test_a_book_without_reserves_takes_what_there_is_or_what_it_asks(rule, data):
    many = data.draw(books(st.just(0)))
    available = data.draw(stocks(many))
    for book, units, granted in zip(many, available, ration(rule, many, available), strict=True):
        assert all(0 <= given_ <= row[0] for given_, row in zip(granted, book, strict=True))
        assert sum(granted) == min(max(0, units), sum(row[0] for row in book))


@pytest.mark.parametrize("rule", RULES)
@given(data=st.data())
def test_reserves_are_kept_and_never_lent(rule, data):
    many = data.draw(books(st.integers(0, 40)))
    available = data.draw(stocks(many))
    for book, units, granted in zip(many, available, ration(rule, many, available), strict=True):
        fences = sum(row[4] for row in book)
        assert all(0 <= given_ <= row[0] for given_, row in zip(granted, book, strict=True))
        assert sum(granted) <= max(0, units)
        if fences <= units:
            kept = [min(row[0], row[4]) for row in book]
            pooled = min(units - fences, sum(row[0] for row in book) - sum(kept))
            assert all(given_ >= least for given_, least in zip(granted, kept, strict=True))
            assert sum(granted) == sum(kept) + pooled
        else:
            assert all(given_ <= row[4] for given_, row in zip(granted, book, strict=True))


@pytest.mark.large
@pytest.mark.parametrize("rule", RULES)
@given(data=st.data())
def test_the_order_of_rows_changes_nothing(rule, data):
    book = data.draw(books(st.integers(0, 40)))[0]
    units = data.draw(st.integers(0, 300))
    turned = data.draw(st.permutations(range(len(book))))
    granted = ration(rule, [book], [units])[0]
    moved = ration(rule, [[book[row] for row in turned]], [units])[0]
    assert moved == [granted[row] for row in turned]


@pytest.mark.parametrize("rule", RULES)
def test_a_chunk_of_suppliers_writes_its_own_books_only(rule):
    first = np.array([0, 2, 4, 6])
    granted = np.full(6, -1)
    ones, lot = np.ones(6, np.int64), np.arange(6, dtype=np.uint64)
    rule(1, 2, first, 5 * ones, ones, lot, np.ones(6), 6 * np.ones(3, np.int64), 0 * ones, granted)
    assert granted[[0, 1, 4, 5]].tolist() == [-1] * 4
    assert granted[2:4].sum() == 6


def rows(claims, days=None, lots=None, weights=None, reserved=None):
    count = len(claims)
    return list(
        zip(claims, days or [0] * count, lots or range(count), weights or [0.0] * count, reserved or [0] * count,
            strict=True)
    )  # fmt: skip


def test_the_proportional_rule_gives_the_largest_remainders_the_last_units():
    assert ration(rationing.proportional, [rows([10, 20, 30])], [31]) == [[5, 10, 16]]
    assert ration(rationing.proportional, [rows([5, 5, 5], lots=[3, 1, 2])], [4]) == [[1, 2, 1]]


def test_the_uniform_rule_fills_small_claims_and_levels_the_others():
    assert ration(rationing.uniform, [rows([2, 50, 9, 50])], [40]) == [[2, 15, 9, 14]]
    assert ration(rationing.uniform, [rows([50, 50, 50], lots=[9, 4, 7])], [11]) == [[3, 4, 4]]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=9), st.integers(0, 300))
def test_the_uniform_rule_leaves_no_two_unserved_claims_more_than_a_unit_apart(claims, units):
    granted = ration(rationing.uniform, [rows(claims)], [units])[0]
    short = [given_ for given_, claim in zip(granted, claims, strict=True) if given_ < claim]
    if short:
        assert max(short) - min(short) <= 1
        assert max(granted) <= min(short) + 1


def test_priority_serves_the_highest_weight_first_and_ties_by_lot():
    book = rows([10, 10, 10, 10], lots=[8, 3, 5, 1], weights=[0.2, 0.9, 0.2, -1.0])
    assert ration(rationing.priority, [book], [25]) == [[5, 10, 10, 0]]


def test_first_come_serves_the_oldest_day_first_and_ties_by_lot():
    book = rows([10, 10, 10, 10], days=[5, 4, 5, 6], lots=[8, 3, 2**63 + 5, 1], weights=[9.0, 0.0, 0.0, 99.0])
    assert ration(rationing.first_come, [book], [25]) == [[10, 10, 5, 0]]


def test_what_a_chain_leaves_of_its_reserve_goes_to_nobody():
    book = rows([0, 50, 50], weights=[1.0, 2.0, 3.0], reserved=[40, 20, 20])
    assert ration(rationing.priority, [book], [100]) == [[0, 20, 40]]


def test_reserves_shrink_in_proportion_when_stock_does_not_cover_them():
    book = rows([50, 50, 5], reserved=[60, 20, 20])
    for rule in RULES:
        assert ration(rule, [book], [50]) == [[30, 10, 5]]


def test_a_long_book_is_served_in_order_of_its_keys():
    rng = np.random.default_rng(3)
    claims, days = rng.integers(1, 9, 700), rng.integers(0, 50, 700)
    lots = rng.permutation(700)
    book = rows(claims.tolist(), days=days.tolist(), lots=lots.tolist())
    granted = np.array(ration(rationing.first_come, [book], [int(claims[:300].sum())])[0])
    order = np.lexsort((lots, days))
    served = np.minimum(claims[order], np.maximum(0, claims[:300].sum() - np.cumsum(claims[order]) + claims[order]))
    assert granted[order].tolist() == served.tolist()


def test_a_book_is_without_rivals_if_it_holds_one_claim_or_there_is_enough_and_nothing_is_fenced():
    books = {(5,): (3, 0), (0,): (0, 0), (2, 3): (5, 0), (2, 4): (5, 0), (1, 1): (9, 1), (4,): (9, 2), (7, 0): (-2, 0),
             (): (4, 0), (0, 0): (-1, 0)}  # fmt: skip
    first = np.cumsum([0, *map(len, books)])
    claim = np.array([units for book in books for units in book], np.int64)
    reserved = np.concatenate([np.full(len(book), fence) for book, (_, fence) in books.items()]).astype(np.int64)
    available = np.array([units for units, _ in books.values()], np.int64)
    granted, rivals = np.full(len(claim), -1), np.ones(len(books) - 1, np.bool_)
    rationing.serve_without_rivals(1, len(books), first, claim, available, reserved, granted, rivals)
    assert rivals.tolist() == [False, False, True, True, True, True, False, False]
    assert granted[: first[3]].tolist() == [-1, 0, 2, 3]
    assert granted[first[-1] - 2 :].tolist() == [0, 0]
