"""The worked cases come out to the cent, by the kernel and by the quote, under the very rule that they name."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from abm.quote import quote
from abm.scenario.facts import table
from abm.scenario.law import Law
from abm.scenario.law.rules import CHANNELS
from kernels.border import Postal, assess_all

CASES = table("trade_rules_cases")
CATEGORIES = ("apparel", "footwear", "electronics", "cosmetics", "toys", "home")
POSTAL = {"*": Postal.OTHER, "post": Postal.POST, "post_flat": Postal.POST_FLAT}
MODE_OF = {"parcel": "line", "bulk": "overseas", "bonded": "bonded"}


def cents(text):
    return int(Decimal(text) * 100)


@pytest.fixture(scope="module")
def law():
    return Law([row["iso2"] for row in table("countries")], CATEGORIES)


def test_all_destinations_are_among_the_cases():
    assert {case["dest"] for case in CASES} == {row["dest"] for row in table("trade_rules")}


def test_the_kernel_gives_every_case_to_the_cent(law):
    wrong = []
    for case in CASES:
        day = date.fromisoformat(case["date"]).toordinal()
        cell = law.cell(
            law.countries.index(case["dest"]),
            CATEGORIES.index(case["category"]),
            CHANNELS[case["channel"]],
            law.countries.index(case["origin"]),
            POSTAL[case["mode"]],
        )
        amounts = (cents(case["goods_value"]), cents(case["freight"]), int(case["units"]), int(case["item_types"]))
        given = [np.array([value], np.int64) for value in (*amounts, int(Decimal(case["kg"]) * 1000))]
        rule = np.empty(1, np.int32)
        found = [np.empty(1, np.int64) for _ in range(3)]
        assess_all(0, 1, np.atleast_1d(cell), *given, law.bands(day), law.terms, rule, *found)
        duty, vat, fee = (int(part[0]) for part in found)
        row = law.rules[rule[0]].row
        got = (row["rule"], row["recoverable_vat"], duty, vat, fee, amounts[0] + amounts[1] + duty + vat + fee)
        due = tuple(cents(case[column]) for column in ("duty", "vat", "handling_fee", "total"))
        if got != (case["rule"], case["recoverable_vat"], *due):
            wrong.append((case["case"], got))
    assert wrong == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_quote_gives_every_case_to_the_cent(case):
    result = quote(
        case["origin"],
        case["dest"],
        case["category"],
        case["goods_value"],
        "post" if case["mode"].startswith("post") else MODE_OF[case["channel"]],
        case["date"],
        currency=case["currency"],
        freight=case["freight"],
        units=int(case["units"]),
        item_types=int(case["item_types"]),
        kg=case["kg"],
        us_post="flat" if case["mode"] == "post_flat" else None,
    )
    assert result.rule == case["rule"]
    assert result.currency == case["currency"]
    parts = {name: str(result[label]) for name, label in (("duty", "duty"), ("vat", "VAT"))}
    assert parts == {"duty": case["duty"], "vat": case["vat"]}
    assert str(result["handling fee"]) == case["handling_fee"]
    assert result.total == Decimal(case["total"])
    assert result.recoverable_vat == (case["recoverable_vat"] == "1")
