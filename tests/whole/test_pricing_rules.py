"""Prices follow rivals, stock, experience and currencies where a scenario says so."""

import numpy as np
import pytest

from abm.day import DAY
from abm.phases.pricing import Markdown, MatchRival, QLearning
from abm.scenario import load

NEW = [("match_rival", {}), ("markdown", {"usual": 5.0}), ("q_learning", {"explore": 0.3})]


@pytest.mark.parametrize("rule, parameters", NEW, ids=[rule for rule, _ in NEW])
def test_each_rule_prices_differently_conserves_and_repeats_itself(rule, parameters, market, measured):
    chosen = {"warmup": 0, "firms__sellers__pricing": {"rule": rule, **parameters}}
    usual = measured(market(warmup=0).run(45))
    found = measured(market(audited=True, **chosen).run(45))
    assert found != usual
    assert found == measured(market(**chosen).run(45))


def test_a_seller_matches_the_landed_price_of_the_rival_most_alike(market):
    world = market(warmup=0).world
    offers, listings = world.offers, world.listings
    for phase in DAY[:3]:
        phase(world)
    rows = np.flatnonzero(offers.cell >= 0).astype(np.int32)
    target = MatchRival(least=0.0)(world, rows)
    checked = 0
    for row, wanted in zip(rows.tolist(), target.tolist(), strict=True):
        mine = offers.listing[row]
        alike = (listings.dest == listings.dest[mine]) & (listings.seller != listings.seller[mine])
        others = np.flatnonzero(alike & (listings.category == listings.category[mine])).tolist()
        rival = min(others, key=lambda n: (abs(float(listings.qhat[n]) - float(listings.qhat[mine])),
                                           int(listings.identity[n])))  # fmt: skip
        theirs = min(int(offers.landed_cents[j]) for j in listings.offer[rival] if j >= 0)
        value, shown = int(offers.value_cents[row]), int(offers.landed_cents[row])
        taxed = shown / (value + int(offers.freight_cents[row]))
        landed = (wanted + int(offers.freight_cents[row])) * taxed
        if landed > theirs + 1:
            continue
        assert landed == pytest.approx(theirs, abs=1.0)
        checked += 1
    assert checked > 5


def test_stock_that_stands_too_long_is_marked_down_and_never_below_the_depth(market):
    world = market(warmup=0).world
    for phase in DAY[:3]:
        phase(world)
    rows = np.arange(len(world.offers), dtype=np.int32)
    usual = Markdown(markup=0.5, usual=30.0, depth=0.4)
    world.nodes.forecast[:] = 1.0
    world.nodes.on_hand[:] = 20
    full = usual(world, rows)
    world.nodes.on_hand[:] = 45
    half = usual(world, rows)
    world.nodes.on_hand[:] = 600
    assert half == pytest.approx(full * 0.8)
    assert usual(world, rows) == pytest.approx(full * 0.6)


def test_a_learned_state_is_a_column_that_newcomers_and_only_its_users_have(market):
    assert not hasattr(market(warmup=0).world.offers, "q_value")
    made = market(warmup=0, firms__sellers__pricing={"rule": "q_learning", "explore": 0.2},
                  firms__sellers__price_days=3.0)  # fmt: skip
    world = made.world
    assert world.offers.q_value.shape == (len(world.offers), 3, 7)
    assert (world.offers.q_move == -1).all()
    made.run(60)
    number = [isinstance(rule, QLearning) for rule in world.rules["pricing"]].index(True)
    sellers = (world.firms.pricing == number)[world.nodes.firm[world.offers.node]]
    assert (world.offers.q_move[sellers] >= 0).any()
    assert (world.offers.q_move[~sellers] == -1).all()
    assert len(np.unique(world.offers.q_move[sellers])) > 2
    assert len(world.offers.q_value) == len(world.offers)


def test_exploration_is_drawn_for_an_offer_and_a_day_whoever_else_reviews(market):
    world = market(warmup=0, firms__sellers__pricing={"rule": "q_learning", "explore": 1.0}).world
    for phase in DAY[:3]:
        phase(world)
    rows = np.flatnonzero(world.nodes.cost_cents[world.offers.node] > 0).astype(np.int32)
    rule = QLearning(explore=1.0)
    rule(world, rows)
    together = world.offers.q_move[rows].copy()
    for row in reversed(rows.tolist()):
        rule(world, np.array([row], np.int32))
    assert world.offers.q_move[rows].tolist() == together.tolist()


def test_sellers_look_at_prices_every_two_weeks_and_retailers_every_two_months():
    days = {firm.name: firm.price_review for firm in load("tiny").firms}
    assert (days["sellers"], days["label"], days["store"]) == (14.0, 14.0, 60.0)


def test_wages_and_materials_cost_more_dollars_when_the_makers_currency_rises(market):
    def wages(**changes):
        world = market(warmup=0, **changes).world
        total = 0
        for _ in range(5):
            for phase in DAY:
                phase(world)
                if phase.name == "fulfilment":
                    makers = [row for row, name in enumerate(world.names["firms"]) if name.startswith("cotton")]
                    for day, _, bills in world.invoices.every():
                        mine = np.isin(bills.debtor, makers) & np.isin(bills.reason, (8, 9))
                        total += int(bills.amount_cents[mine & (day == world.day)].sum())
            world.day += 1
        return total

    usual = wages()
    dear = wages(shocks=[{"day": 0, "scale": {"countries.CN.fx_par": 0.5}}])
    assert usual > 0
    assert dear == pytest.approx(2 * usual, rel=0.02)
