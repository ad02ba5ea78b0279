"""Rows that pass are filed by day and stage, come out in the order of filing, and keep no memory but their own."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

from abm.columns import Calendar
from abm.passing import Invoices, Parcels


def filed() -> Calendar[Parcels]:
    calendar = Calendar(Parcels)
    calendar.put(Parcels.of(6, consumer=np.arange(6), promised=9), np.array([4, 2, 4, 300, 2, 4]), stage=1)
    calendar.put(Parcels.of(2, consumer=[7, 8]), 4, stage=1)
    calendar.put(Parcels.of(1, consumer=9), 4, stage=2)
    return calendar


def test_rows_come_out_on_their_day_and_stage_in_the_order_of_filing() -> None:
    calendar = filed()
    assert len(calendar) == 9
    assert calendar.due(4, 1).consumer.tolist() == [0, 2, 5, 7, 8]
    assert len(calendar.due(4, 1)) == 0
    assert [(day, stage, rows.consumer.tolist()) for day, stage, rows in calendar.every()] == [
        (2, 1, [1, 4]), (4, 2, [9]), (300, 1, [3]),
    ]  # fmt: skip


def test_rows_are_pulled_from_a_stage_whenever_due_and_the_others_stay() -> None:
    calendar = filed()
    assert calendar.pull(lambda rows: rows.consumer % 2 == 1, 1).consumer.tolist() == [1, 5, 7, 3]
    assert [(day, stage, rows.consumer.tolist()) for day, stage, rows in calendar.every()] == [
        (2, 1, [4]), (4, 1, [0, 2, 8]), (4, 2, [9]),
    ]  # fmt: skip


def test_what_is_filed_keeps_no_memory_but_its_own() -> None:
    calendar = filed()
    calendar.put(calendar.due(4, 1), np.array([5, 6, 7, 8, 9]), stage=3)
    for slabs in calendar.slabs.values():
        for slab in slabs:
            assert slab.base is None or slab.base.nbytes == slab.nbytes


def test_columns_are_written_to_the_rows_and_travel_with_them() -> None:
    parcels = Parcels.of(3, consumer=[5, 6, 7], paid_cents=100)
    parcels.paid_cents[1] = 250
    some = parcels.take(np.array([False, True, True]))
    some.booked[:] = 2
    assert (some.consumer.tolist(), some.paid_cents.tolist(), some.booked.tolist()) == ([6, 7], [250, 100], [2, 2])
    assert parcels.booked.tolist() == [0, 0, 0]
    both = Parcels.join([some, parcels])
    assert both.consumer.tolist() == [6, 7, 5, 6, 7]
    again = deepcopy(both)
    assert [getattr(again, name).tolist() for name in Parcels.columns] == [
        getattr(both, name).tolist() for name in Parcels.columns
    ]


def test_unknown_columns_are_refused_and_others_take_their_default() -> None:
    assert Invoices.of(2, payer=3).debtor.tolist() == [-1, -1]
    with pytest.raises(KeyError, match="Invoices has no column \\['payers'\\]"):
        Invoices.of(2, payers=3)
