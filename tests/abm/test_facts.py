"""The facts are complete, legible, and each figure says how well it is known."""

import pytest

from abm.scenario.facts import STATUSES, names, table, weakest


@pytest.mark.parametrize("name", names())
def test_every_status_is_one_of_four(name):
    rows = table(name)
    assert rows
    for row in rows:
        assert None not in row, "a row has more cells than the table has columns"
        for column, value in row.items():
            if column.startswith("status"):
                assert value in STATUSES, (name, row)


def test_every_table_of_figures_has_a_status_and_a_source():
    for name in names():
        columns = table(name)[0]
        if name == "countries":
            continue
        assert any(column.startswith("status") for column in columns), name
        assert "source" in columns or name == "trade_rules_cases", name


def test_every_cell_of_countries_has_its_own_status():
    sources = {(row["iso2"], row["column"]): row for row in table("countries_sources")}
    for country in table("countries"):
        for column, value in country.items():
            if column == "iso2" or not value:
                continue
            recorded = sources[country["iso2"], column]["value"]
            assert recorded == value or float(recorded) == float(value)


def test_what_comes_from_memory_alone_is_never_above_unverified():
    for name in names():
        for row in table(name):
            if row.get("source") in ("memory", "from memory") and "status" in row:
                assert row["status"] in ("unverified", "assumed"), (name, row)


def test_days_and_costs_of_a_mode_have_a_status_each():
    rows = {row["mode"]: row for row in table("line_haul_modes")}
    assert (rows["post_ePacket"]["status_days"], rows["post_ePacket"]["status_cost"]) == ("read", "unverified")
    mile = rows["overseas_warehouse_last_mile"]
    assert (mile["status_days"], mile["status_cost"]) == ("unverified", "read")


def test_a_figure_made_from_others_is_as_weak_as_the_weakest():
    assert weakest("read", "computed") == "computed"
    assert weakest("assumed", "unverified", "read") == "assumed"
    assert weakest("given", "read") == "read"
    assert weakest("given") == ""


def test_every_destination_has_rules_and_duties_for_every_category():
    dests = {row["dest"] for row in table("trade_rules")}
    countries = {row["iso2"] for row in table("countries")}
    assert dests <= countries
    assert countries - dests == {"TR"}
    assert {row["dest"] for row in table("mfn")} == dests
    assert len(table("mfn")) == 6 * len(dests)
    assert {row["iso2"] for row in table("fx")} == countries
