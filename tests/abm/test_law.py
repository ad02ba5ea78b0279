"""One rule remains for every consignment on every day, and a scenario's own rows stand over it as they say."""

from datetime import date, timedelta

import numpy as np
import pytest

from abm.scenario.facts import table
from abm.scenario.law import Law
from abm.scenario.law.rules import LawError
from kernels.border import Channel, Postal

COUNTRIES = [row["iso2"] for row in table("countries")]
CATEGORIES = ["apparel", "footwear", "electronics", "cosmetics", "toys", "home"]
ORIGINS = ["CN", "US", "DE", "FR", "GB", "JP", "KR", "VN", "TH", "IN", "TR", "MX", "CA", "BR", "ZA", "AU"]
MODES = {Postal.OTHER: "*", Postal.POST: "post", Postal.POST_FLAT: "post_flat"}
JULY_2024 = date(2024, 7, 1)
REPEAL = {"dest": "US", "channel": "parcel", "from": date(2025, 8, 29), "value_hi": 800, "ad_valorem": "MFN"}


@pytest.fixture(scope="module")
def calendar():
    return Law(COUNTRIES, CATEGORIES)


def place(law, dest, category, origin, channel=Channel.PARCEL, postal=Postal.OTHER):
    spot = law.countries.index(dest), law.categories.index(category), channel, law.countries.index(origin), postal
    return int(law.cell(*spot))


def key(law, day, value, *goods, **more):
    rule = law.find(day.toordinal(), place(law, *goods, **more), round(value * 100))
    return rule.key if rule else None


def in_force(dest, channel, day):
    rows = [row for row in table("trade_rules") if (row["dest"], row["channel"]) == (dest, channel)]
    return [row for row in rows if row["from"] <= day and (not row["until"] or day < row["until"])]


def winners(rows, category, origin, mode, cents):
    """Keys of the rows with the highest priority, straight from the text of the table."""
    match = [
        row
        for row in rows
        if row["category"] in ("*", category)
        and row["origin"] in ("*", origin)
        and row["mode"] in ("*", mode)
        and (not row["value_lo"] or cents > round(float(row["value_lo"]) * 100) or float(row["value_lo"]) == cents == 0)
        and (not row["value_hi"] or cents <= round(float(row["value_hi"]) * 100))
    ]
    top = max((int(row["priority"]) for row in match), default=0)
    return [row["rule"] for row in match if int(row["priority"]) == top]


@pytest.mark.parametrize("dest", sorted({row["dest"] for row in table("trade_rules")}))
def test_exactly_one_rule_remains_at_every_change_and_every_edge(calendar, dest):
    rows = [row for row in table("trade_rules") if row["dest"] == dest]
    turns = {row[column] for row in rows for column in ("from", "until") if row[column] > "2023"}
    days = {"2023-01-01", *turns, *(str(date.fromisoformat(day) - timedelta(1)) for day in turns if day > "2023-01-01")}
    edges = {round(float(row[column]) * 100) for row in rows for column in ("value_lo", "value_hi") if row[column]}
    values = sorted({max(edge + step, 0) for edge in edges for step in (-1, 0, 1)} | {0, 10**12})
    for day in sorted(days):
        for channel in {row["channel"] for row in rows}:
            force = in_force(dest, channel, day)
            goods = [(kind, origin) for kind in CATEGORIES for origin in ORIGINS if origin != dest]
            for category, origin in goods:
                for postal in MODES if dest == "US" and channel == "parcel" else (Postal.OTHER,):
                    cell = place(calendar, dest, category, origin, Channel[channel.upper()], postal)
                    for value in values:
                        left = winners(force, category, origin, MODES[postal], value)
                        rule = calendar.find(date.fromisoformat(day).toordinal(), cell, value)
                        assert len(left) == 1, (day, channel, category, origin, value, left)
                        assert rule is not None
                        assert rule.key == left[0]


def test_the_law_of_a_day_holds_for_ever_and_can_be_overridden_by_destination():
    law = Law(["US", "DE", "CN"], CATEGORIES, as_of=JULY_2024, overrides={"DE": "calendar"})
    later = date(2026, 8, 1)
    assert key(law, later, 30, "US", "apparel", "CN") == "R0312"
    assert key(law, later, 30, "DE", "apparel", "CN") == "R0002"
    frozen = Law(["US", "DE", "CN"], CATEGORIES, as_of=JULY_2024)
    assert frozen.changes == (1,)
    assert key(frozen, later, 30, "DE", "apparel", "CN") == "R0001"
    assert Law(["US"], ["toys"], overrides={"US": date(2026, 3, 1)}).changes == (1,)


def test_the_facts_turn_exactly_on_their_day(calendar):
    assert key(calendar, date(2026, 6, 30), 20, "DE", "apparel", "CN") == "R0001"
    assert key(calendar, date(2026, 7, 1), 20, "DE", "apparel", "CN") == "R0002"
    assert date(2026, 7, 1).toordinal() in calendar.changes
    same = calendar.bands(date(2026, 7, 1).toordinal()).first
    assert same is calendar.bands(date(2026, 7, 2).toordinal()).first


def test_bonded_goods_follow_parcels_outside_china(calendar):
    day = date(2025, 1, 15)
    assert key(calendar, day, 20, "DE", "apparel", "CN", channel=Channel.BONDED) == "R0001"
    assert key(calendar, day, 300, "CN", "apparel", "DE", channel=Channel.BONDED) == "R0524"


def test_a_country_without_rules_has_none(calendar):
    assert key(calendar, JULY_2024, 20, "TR", "apparel", "CN") is None
    assert calendar.domestic_vat_ppm(COUNTRIES.index("TR"), JULY_2024.toordinal()) == 0


def test_own_rows_take_what_they_leave_out_from_the_facts():
    law = Law(["US", "CN", "VN", "DE"], CATEGORIES, as_of=JULY_2024, own=[REPEAL])
    assert key(law, date(2025, 8, 28), 30, "US", "apparel", "CN") == "R0312"
    rule = law.find(date(2025, 8, 29).toordinal(), place(law, "US", "cosmetics", "CN"), 3000)
    assert rule.key == "own-1/R0312"
    assert (rule.row["valuation"], rule.row["currency"]) == ("FOB", "USD")
    assert rule.terms["mfn"] == 1
    assert rule.terms["extra_ppm"] == 250_000  # of the bulk row: section 301 on cosmetics
    assert rule.terms["duty_relief"] == 0
    assert rule.priority == 110
    assert law.find(date(2025, 8, 29).toordinal(), place(law, "US", "cosmetics", "VN"), 3000).terms["extra_ppm"] == 0
    assert key(law, date(2025, 8, 29), 800.01, "US", "apparel", "CN") == "R0313"
    assert key(law, date(2025, 8, 29), 30, "DE", "apparel", "CN") == "R0001"
    assert law.find(date(2025, 9, 1).toordinal(), place(law, "US", "toys", "CN", channel=Channel.BONDED), 3000).key == (
        "own-1/R0312"
    )


def test_the_extra_follows_the_day_when_the_law_follows_the_calendar():
    law = Law(["US", "CN"], CATEGORIES, own=[REPEAL | {"from": date(2025, 1, 1), "duty_relief": 0}])
    extras = [
        law.find(day.toordinal(), place(law, "US", "apparel", "CN"), 3000).terms["extra_ppm"]
        for day in (date(2025, 1, 15), date(2025, 3, 10), date(2025, 4, 11), date(2025, 5, 20))
    ]
    assert extras == [75_000, 275_000, 1_525_000, 375_000]


def test_an_own_row_is_cut_along_the_bands_of_the_facts():
    own = [{"dest": "BR", "channel": "parcel", "from": "2024-08-01", "until": "2024-09-01", "vat": 0.2}]
    law = Law(["BR", "CN"], CATEGORIES, own=own)
    keys = [key(law, date(2024, 8, 15), value, "BR", "toys", "CN") for value in (50, 50.01, 3000, 3000.01)]
    assert keys == ["own-1/R0542", "own-1/R0543", "own-1/R0543", "own-1/R0546"]
    rule = law.find(date(2024, 8, 15).toordinal(), place(law, "BR", "toys", "CN"), 6000)
    assert (rule.terms["vat_ppm"], rule.terms["offset"], rule.terms["ad_valorem_ppm"]) == (200_000, 2000, 600_000)
    assert key(law, date(2024, 9, 1), 50, "BR", "toys", "CN") == "R0542"


def test_the_more_particular_own_row_wins_and_a_tie_is_an_error():
    general = REPEAL | {"name": "all"}
    china = REPEAL | {"name": "china", "origin": "CN", "ad_valorem": 30}
    law = Law(["US", "CN", "VN"], CATEGORIES, as_of=JULY_2024, own=[china, general])
    day = date(2025, 9, 1)
    assert key(law, day, 30, "US", "toys", "CN") == "china/R0312"
    assert key(law, day, 30, "US", "toys", "VN") == "all/R0104"
    strong = Law(["US", "CN"], CATEGORIES, as_of=JULY_2024, own=[china, general | {"priority": 90}])
    assert key(strong, day, 30, "US", "toys", "CN") == "all/R0312"
    with pytest.raises(LawError, match=r"borders\[0\] and borders\[1\].*priority"):
        Law(["US", "CN"], CATEGORIES, as_of=JULY_2024, own=[general, general])


def test_everything_wrong_with_own_rows_is_said_together():
    wrong = [
        {"dest": "UK", "channel": "parcels", "from": "2025-01-01", "advalorem": 3},
        REPEAL | {"valuation": "CIFF"},
        REPEAL | {"value_hi": 800.001},
        REPEAL | {"until": date(2025, 8, 1)},
        REPEAL | {"currency": "EUR"},
        {"dest": "TR", "channel": "parcel", "from": "2025-01-01", "ad_valorem": "MFN"},
        {"dest": "US", "channel": "parcel"},
    ]
    with pytest.raises(LawError) as caught:
        Law(COUNTRIES, CATEGORIES, own=wrong)
    text = "\n".join(caught.value.problems)
    for part in (
        "borders[0].advalorem: no such column; did you mean 'ad_valorem'?",
        "borders[0].dest = 'UK'",
        "borders[0].channel = 'parcels'; admissible: parcel, bulk, bonded; did you mean 'parcel'?",
        "borders[1].valuation = 'CIFF'; admissible: FOB, CIF, RETAIL60; did you mean 'CIF'?",
        "borders[2]: '800.001' has more decimals",
        "borders[3]: until = 2025-08-01 is not after from = 2025-08-29",
        "borders[4].currency = 'EUR'; the law there counts in USD",
        "borders[5].ad_valorem = 'MFN'; the facts have no MFN rates",
        "borders[5]: the facts have no rule to take currency, valuation, vat from",
        "borders[6].from: is needed",
    ):
        assert part in text, part


def test_a_country_without_facts_can_be_given_its_own_law():
    own = {"dest": "TR", "channel": "parcel", "from": "2024-01-01", "currency": "EUR", "ad_valorem": 30, "vat": 0.2}
    own |= {"valuation": "CIF", "vat_base": "price_plus_duty", "value_hi": 30}
    law = Law(["TR", "CN"], CATEGORIES, own=[own])
    assert key(law, date(2024, 5, 1), 30, "TR", "toys", "CN") == "own-1"
    assert key(law, date(2024, 5, 1), 31, "TR", "toys", "CN") is None
    assert law.currencies == ("EUR", "CNY")


def test_domestic_vat_is_that_of_bulk(calendar):
    day = date(2025, 7, 1).toordinal()
    rates = calendar.domestic_vat(day)
    assert rates.shape == (24, 6)
    found = {country: int(rates[row, 0]) for row, country in enumerate(COUNTRIES)}
    assert {name: found[name] for name in ("US", "DE", "GB", "CN", "BR", "MX")} == {
        "US": 0, "DE": 190_000, "GB": 200_000, "CN": 130_000, "BR": 170_000, "MX": 160_000,
    }  # fmt: skip
    assert calendar.domestic_vat_ppm(COUNTRIES.index("RU"), date(2026, 1, 1).toordinal()) == 220_000


def test_laws_count_in_the_money_of_the_day():
    law = Law(["RU", "PL", "DE", "KR", "BR", "JP"], CATEGORIES)
    assert law.currencies == ("EUR", "EUR", "EUR", "USD", "USD", "JPY")
    fx = np.array([90.0, 4.0, 0.95, 1400.0, 5.0, 150.0])
    assert law.per_usd(fx).tolist() == [0.95, 0.95, 0.95, 1.0, 1.0, 150.0]
    assert Law(["RU", "CN"], CATEGORIES).per_usd(np.array([90.0, 7.0])).tolist() == [0.9219, 7.0]


def test_columns_agree_with_the_rules(calendar):
    columns = calendar.columns()
    assert {len(values) for values in columns.values()} == {len(calendar.rules)}
    row = next(row for row, rule in enumerate(calendar.rules) if rule.key == "R0600")
    said = {name: int(values[row]) for name, values in columns.items()}
    assert said["dest"] == COUNTRIES.index("RU")
    assert (said["category"], said["origin"], said["postal"]) == (-1, -1, -1)
    assert (said["value_lo"], said["ad_valorem_ppm"], said["specific"]) == (20_000, 50_000, 100)
    assert (said["specific_least"], said["vat_ppm"], said["vat_recoverable"]) == (1, 220_000, 0)


def test_own_categories_bear_the_duties_of_what_they_are_like():
    law = Law(["DE", "CN"], ["garden", "apparel"], like={"garden": "home"})
    assert law.mfn_ppm[:2].tolist() == [66_000, 120_000]
    with pytest.raises(LawError, match="garden"):
        Law(["DE"], ["garden"])


def test_changes_are_told_where_they_happen():
    law = Law(["US", "DE", "CN"], CATEGORIES, overrides={"US": JULY_2024}, own=[REPEAL | {"announced": "2025-07-30"}])
    told = law.notices()
    assert {notice.dest for notice in told} == {"US", "DE"}
    assert (date(2025, 7, 30), date(2025, 8, 29), "US") in [notice[:3] for notice in told]
    assert (date(2025, 12, 12), date(2026, 7, 1), "DE") in [notice[:3] for notice in told]
    assert told == sorted(told)
