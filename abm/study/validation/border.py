"""What the border takes from the worked consignments of the facts, to the cent and under the very rule they name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import ClassVar

import numpy as np

from abm.scenario.facts import table
from abm.scenario.law import Law
from abm.scenario.law.rules import CHANNELS
from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import demand, given
from kernels.border import Postal, assess_all

POSTAL = {"*": Postal.OTHER, "post": Postal.POST, "post_flat": Postal.POST_FLAT}
PARTS = ("duty", "vat", "handling_fee", "total")


class BorderCases(Family):
    """Worked landed costs of `trade_rules_cases.csv`, by the border's kernel under the law of their days."""

    finds: ClassVar[Mapping[str, str]] = {
        "cases": "How many consignments were assessed.",
        "wrong": "How many of them differ in a cent, or fall under another rule.",
        "largest_gap_cents": "The largest difference of duty, VAT, fee or total.",
    }
    only: tuple[str, ...] = given((), "", "Names of cases, as C001; all unless said.", "names")

    def find(self) -> dict[str, Found]:
        """How many come out to the cent."""
        cases = [case for case in table("trade_rules_cases") if not self.only or case["case"] in self.only]
        demand(len(cases) > 0, "names of cases of trade_rules_cases.csv")
        categories = sorted({case["category"] for case in cases})
        law = Law([row["iso2"] for row in table("countries")], categories)
        judged = [_assessed(case, law) for case in cases]
        gaps = np.array([gap for gap, _ in judged])
        wrong = [gap > 0 or not same for gap, same in judged]
        return {"cases": float(len(cases)), "wrong": float(sum(wrong)), "largest_gap_cents": float(gaps.max())}


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)


def _assessed(case: Mapping[str, str], law: Law) -> tuple[int, bool]:
    """The largest difference in cents, and whether rule and recovery of VAT are those of the case."""
    cell = law.cell(
        law.countries.index(case["dest"]),
        law.categories.index(case["category"]),
        CHANNELS[case["channel"]],
        law.countries.index(case["origin"]),
        POSTAL[case["mode"]],
    )
    goods, freight = _cents(case["goods_value"]), _cents(case["freight"])
    counts = (int(case["units"]), int(case["item_types"]), int(Decimal(case["kg"]) * 1000))
    value, extra, units, types, grams = (np.array([one], np.int64) for one in (goods, freight, *counts))
    rule, (duty, vat, fee) = np.empty(1, np.int32), np.empty((3, 1), np.int64)
    bands = law.bands(date.fromisoformat(case["date"]).toordinal())
    assess_all(0, 1, np.atleast_1d(cell), value, extra, units, types, grams, bands, law.terms, rule, duty, vat, fee)
    found = [int(part[0]) for part in (duty, vat, fee)]
    found.append(goods + freight + sum(found))
    gap = max(abs(one - _cents(case[name])) for one, name in zip(found, PARTS, strict=True))
    row = law.rules[rule[0]].row if rule[0] >= 0 else {}
    return gap, row.get("rule") == case["rule"] and row.get("recoverable_vat") == case["recoverable_vat"]
