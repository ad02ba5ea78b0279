"""A quote adds up, says where each part comes from, and refuses with everything that is wrong at once."""

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from abm.question import QuoteError
from abm.quote import compare_modes, quote
from abm.quote_text import as_dict, as_text, comparison_dict, comparison_text
from abm.scenario.facts import STATUSES


def test_the_threshold_is_tested_in_the_money_of_the_law():
    below = quote("CN", "DE", "apparel", "162.70", "line", "2024-07-01")  # EUR 149.99
    above = quote("CN", "DE", "apparel", "162.72", "line", "2024-07-01")  # EUR 150.01
    assert (below.currency, below["goods"], below.rule) == ("EUR", Decimal("149.99"), "R0001")
    assert (above["goods"], above.rule) == (Decimal("150.01"), "R0004")
    assert below["duty"] == 0
    assert above["duty"] > 0


def test_what_is_asked_in_dollars_is_shown_in_the_same_dollars():
    result = quote("CN", "JP", "toys", 19.90, "express", date(2025, 1, 1), freight=4.1)
    usd = {line.label: line.usd for line in result.lines}
    assert (usd["goods"], usd["freight"]) == (Decimal("19.90"), Decimal("4.10"))
    assert result.total == sum(line.amount for line in result.lines)
    assert result.total_usd == sum(line.usd for line in result.lines)


def test_every_line_says_its_status_and_every_levy_its_rule_and_source():
    result = quote("CN", "US", "apparel", 900, "express", "2025-05-02")
    for line in result.lines:
        assert line.status in (*STATUSES, "given")
        if line.label in ("duty", "VAT", "handling fee"):
            assert line.rule == "R0324"
            assert line.source
    duty = next(line for line in result.lines if line.label == "duty")
    assert (duty.amount, duty.status) == (Decimal("1468.80"), "assumed")
    assert "MFN 10.7% + 152.5% of FOB value" in duty.note
    assert "HTS" in duty.source


def test_freight_left_out_follows_the_mode_and_the_weight():
    result = quote("CN", "DE", "footwear", 50, "express", "2025-05-02", units=2)
    freight = next(line for line in result.lines if line.label == "freight")
    assert freight.usd == Decimal("20.70")  # 11.50 USD/kg x 1.8 kg
    assert freight.status == "assumed"
    assert any("1.8 kg" in remark and "unverified" in remark for remark in result.remarks)
    heavier = quote("CN", "DE", "footwear", 50, "express", "2025-05-02", kg=10)
    assert next(line for line in heavier.lines if line.label == "freight").usd == Decimal("115.00")


def test_origin_of_the_goods_decides_and_not_where_they_are_sent_from():
    sent = quote("VN", "US", "apparel", 900, "line", "2024-07-01", goods_origin="CN")
    assert sent.rule == quote("CN", "US", "apparel", 900, "line", "2024-07-01").rule == "R0313"
    assert quote("VN", "US", "apparel", 900, "line", "2024-07-01").rule == "R0105"


def test_a_domestic_sale_is_no_import():
    result = quote("DE", "DE", "apparel", 100, "retail", "2025-05-02", currency="EUR", freight=0, goods_origin="CN")
    assert [line.label for line in result.lines] == ["goods", "freight", "VAT"]
    assert (result.total, result["VAT"]) == (Decimal("119.00"), Decimal("19.00"))


def test_flat_postal_duty_is_only_on_request_and_only_where_it_exists():
    assert quote("CN", "US", "toys", 50, "post", "2025-09-01").rule == "R0455"
    assert quote("CN", "US", "toys", 50, "post", "2025-09-01", us_post="flat").rule == "R0456"
    assert quote("CN", "US", "toys", 50, "line", "2025-09-01").rule not in ("R0455", "R0456")
    with pytest.raises(QuoteError, match="no flat postal duty"):
        quote("CN", "US", "toys", 50, "post", "2026-03-01", us_post="flat")


def test_everything_wrong_with_a_question_is_said_together():
    with pytest.raises(QuoteError) as caught:
        quote(
            "CHN",
            "Germany",
            "aparel",
            -1,
            "lin",
            "2026-13-02",
            currency="EURO",
            units=0,
            item_types=1.5,
            us_post="flat",
        )
    text = "\n".join(caught.value.problems)
    for part in (
        "origin = 'CHN'", "dest = 'Germany'", "did you mean 'DE'?", "did you mean 'apparel'?", "did you mean 'line'?",
        "price = -1; admissible: a number from 0", "date = '2026-13-02'; admissible: a day such as 2026-07-02",
        "did you mean 'EUR'?", "units = 0", "item_types = 1.5",
        "us_post = 'flat'; admissible: only for mode post to US",
    ):  # fmt: skip
        assert part in text, part
    with pytest.raises(QuoteError, match="dest = 'TR'"):
        quote("CN", "TR", "toys", 5, "line", "2025-01-01")
    with pytest.raises(QuoteError, match="no rule for DE"):
        quote("CN", "DE", "toys", 5, "line", "2019-01-01")
    with pytest.raises(QuoteError, match="price"):
        quote("CN", "DE", "toys", float("nan"), "line", "2025-01-01")


def test_modes_are_compared_at_the_shoppers_door():
    results = compare_modes("CN", "DE", "apparel", 19.90, "2026-07-02")
    found = {result.asked.mode: result for result in results}
    assert list(found) == ["express", "line", "post", "overseas", "bonded", "retail"]
    overseas = found["overseas"]
    entered = Decimal("9.17") + overseas["freight"]  # EUR; half the price is declared
    assert overseas["duty"] == (entered * Decimal("0.12")).quantize(Decimal("0.01"))
    before_vat = overseas.total - overseas["VAT"]
    assert overseas["VAT"] == (before_vat * Decimal("0.19")).quantize(Decimal("0.01"))
    assert found["bonded"].rule == found["line"].rule
    assert min(results, key=lambda result: result.total_usd).asked.mode == comparison_dict(results)["cheapest"]
    text = comparison_text(results)
    assert text.count("cheapest") == 1
    assert [result.asked.mode for result in compare_modes("DE", "DE", "toys", 20, "2025-01-01")] == ["retail"]


def test_a_quote_is_shown_as_a_waterfall_and_as_plain_values():
    result = quote("CN", "DE", "apparel", 19.90, "line", "2026-07-02", units=2, item_types=2)
    text = as_text(result)
    for part in ("goods", "R0002", "3 EUR per item type", "read", "bakermckenzie", f"{result.total:,.2f}"):
        assert part in text
    plain = json.loads(json.dumps(as_dict(result)))
    assert plain["total"] == float(result.total)
    assert plain["lines"][2]["amount"] == 6.0
    assert plain["asked"]["date"] == "2026-07-02"


def test_a_quote_can_be_imported_without_the_compiler():
    script = (
        "import sys, abm.quote, abm.quote_text; print([m for m in ('numba', 'pandas', 'mesa') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
