"""Agents decide in person where their class says so: repeating the usual decision changes nothing, another one does."""

import numpy as np
import pytest

from abm import each
from abm.agents import Consumer, Firm
from abm.agents.asked import InPerson
from abm.model import Market

FOLLOWED = {"firms.pricing", "firms.rationing", "nodes.stocking", "nodes.predictor"}
BRISK = {"warmup": 0, "consumers": 1500, **{f"firms.{name}.price_days": 3.0 for name in ("sellers", "label", "store")}}


class SameFirm(Firm):
    """Decides as its rule does."""

    def price(self, offer, proposed):
        assert offer.seller is self
        return super().price(offer, proposed)

    def order(self, node, proposed):
        assert node.owner is self
        return super().order(node, proposed)

    def forecast(self, node, proposed):
        assert node.owner is self
        return super().forecast(node, proposed)


class SameConsumer(Consumer):
    """Picks what tastes and luck draw."""

    def pick(self, page):
        return super().pick(page)


def lived(state, days=40, **changes):
    made = Market("tiny", **{**BRISK, **changes}).run(days)
    return made, {name: value for name, value in state(made.world).items() if name not in FOLLOWED}


@pytest.fixture(scope="module")
def usual(state):
    """A market in which nobody is asked in person."""
    return lived(state)


def test_who_repeats_the_usual_decision_changes_no_bit(state, usual):
    kinds = dict.fromkeys(("seller", "retailer", "manufacturer", "supplier"), SameFirm)
    market, found = lived(state, agents={**kinds, "consumer": SameConsumer})
    assert found == usual[1]
    assert {type(market.firm(name)) for name in ("sellers-1", "store", "cotton")} == {SameFirm}
    assert type(market.consumers[0]) is SameConsumer


def test_the_parameters_of_a_rule_are_still_read_when_it_is_asked_in_person():
    market = Market("tiny", warmup=0, consumers=50, agents={"label": SameFirm})
    rule = market.world.rules["pricing"][market.firm("label").pricing]
    assert isinstance(rule, InPerson)
    assert rule.markup == 0.5
    with pytest.raises(AttributeError):
        rule.cover  # noqa: B018


def test_a_price_of_ones_own_moves_the_own_offers_alone(usual):
    class Dear(Firm):
        def price(self, offer, proposed):
            return 3.0 * proposed

    market = Market("tiny", **BRISK, agents={"label": Dear}).run(8)
    other = Market("tiny", **BRISK).run(8)
    mine = np.isin(np.arange(len(market.world.offers)), [offer.row for offer in market.firm("label").offers])
    ratio = market.world.offers.price_minor / other.world.offers.price_minor
    assert (ratio[mine] > 1.3).all()
    assert (abs(ratio[~mine] - 1.0) < 0.1).all()


def test_an_order_and_a_forecast_of_ones_own():
    class Still(Firm):
        def order(self, node, proposed):
            return 0.0

        def forecast(self, node, proposed):
            return 12.0 + node.row

    market = Market("tiny", **BRISK, agents={"store": Still}).run(10)
    world, nodes = market.world, market.firm("store").nodes
    rows = [node.row for node in nodes]
    assert [node.forecast for node in nodes] == [12.0 + row for row in rows]
    into = np.isin(world.links.buyer, rows)
    assert not world.links.placed[into].any()
    assert not world.links.backlog[into].any()
    assert world.links.placed[~into].any()


def test_a_reader_of_ones_own_sees_the_page_and_buys_what_it_says(state, usual):
    seen = []

    class Quick(Consumer):
        def pick(self, page):
            if not len(page):
                return None
            seen.append((len(page), len(page.utilities), page.drawn is None, len(page.offers(0)) > 0,
                         page.prices[0] > 0, len(page.qualities)))  # fmt: skip
            return int(np.argmin(page.days))

    market = Market("tiny", **BRISK, agents={"consumer": Quick}).run(2)
    orders, pages = market.world.orders, market.world.pages
    assert sum(row["visits"] for row in market.world.daily) == len(seen)
    assert {one[3:5] for one in seen} == {(True, True)}
    assert {one[2] for one in seen} == {True, False}
    assert all(one[0] == one[1] == one[5] for one in seen)
    first = [pages.feature[page, : pages.filled[page], 3].argmin() for page in orders.page.tolist()]
    once = orders.tried == 0
    assert once.any()
    assert orders.slot[once].tolist() == np.array(first)[once].tolist()
    assert len(orders) > 5 * usual[0].world.daily[1]["orders"]


def test_who_wants_nothing_buys_nothing():
    class Content(Consumer):
        def pick(self, page):
            return None

    market = Market("tiny", **BRISK, agents={"consumer": Content}).run(3)
    assert [row["orders"] for row in market.world.daily] == [0, 0, 0]
    assert market.world.daily[1]["visits"] > 0


@pytest.mark.parametrize(
    ("agents", "error", "words"),
    [
        ({"store": type("Odd", (Firm,), {"price": lambda *_: None})}, TypeError, "Odd store.price gave None"),
        ({"store": type("Odd", (Firm,), {"order": lambda *_: float("nan")})}, TypeError, "store.order gave nan"),
        ({"consumer": type("Odd", (Consumer,), {"pick": lambda *_: 99})}, IndexError, "pick gave 99: a slot from 0"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_the_name(agents, error, words):
    with pytest.raises(error, match=words):
        Market("tiny", **BRISK, agents=agents).run(30)


def test_newcomers_of_a_class_are_asked_too(state):
    asked = set()

    class Heard(Firm):
        def forecast(self, node, proposed):
            asked.add(self.name)
            return proposed

    keen = {"consumers": 3000, "days": 200, "demand.visits": 0.9, "firms.sellers.fixed_share": 0.01}
    market = Market("tiny", warmup=0, agents={"seller": Heard}, **keen)
    start = len(market.world.firms)
    while len(market.world.firms) == start and market.day < 200:
        market.step()
    market.run(2)
    newcomers = [firm for firm in market.agents if firm.row >= start]
    assert newcomers
    assert {type(firm) for firm in newcomers} == {Heard}
    assert {firm.name for firm in newcomers} <= asked


def test_each_makes_a_rule_of_a_function_of_one_firm():
    calls = []

    def thrifty(firm):
        calls.append((firm.model.day, firm.name))
        return 0.0

    market = Market("tiny", **BRISK, **{"firms.sellers.stocking": each(thrifty)}).run(10)
    assert {name for _, name in calls} == {"sellers-1", "sellers-2"}
    assert len(set(calls)) == len(calls)
    rows = [node.row for name in ("sellers-1", "sellers-2") for node in market.firm(name).nodes]
    assert not market.world.links.placed[np.isin(market.world.links.buyer, rows)].any()


def test_each_makes_a_rule_of_a_function_of_a_firm_and_an_offer(state, usual):
    by_row = each(lambda firm, offer: 500.0 + offer.row)
    market = Market("tiny", **BRISK, **{"firms.label.pricing": by_row}).run(60)
    cents = {offer.row: offer.value_cents for offer in market.firm("label").offers}
    assert all(abs(cents[row] - 500.0 - row) < 20.0 for row in cents)
    unmoved = each(lambda firm, node: node.forecast)
    (one, found), (_, still) = (
        lived(state, 20, **{"firms.store.forecast": rule})
        for rule in (unmoved, lambda world, rows: world.nodes.forecast[rows])
    )
    assert found == still
    assert one.firm("store").nodes[0].forecast > 0


@pytest.mark.parametrize(
    ("address", "rule", "error", "words"),
    [
        ("firms.bakery.pricing", each(lambda firm: 1.0), ValueError, "NAME.DECISION"),
        ("firms.store.baking", each(lambda firm: 1.0), ValueError, "pricing, stocking, forecast, rationing"),
        ("nodes.store.pricing", each(lambda firm: 1.0), ValueError, "NAME.DECISION"),
        ("firms.store.rationing", each(lambda firm: 1.0), ValueError, "decides on pricing, stocking, forecast"),
        ("firms.store.stocking", each(lambda firm: "x"), TypeError, "each.* for Firm store gave 'x'"),
    ],
)
def test_a_rule_at_no_address_or_without_a_number_is_refused(address, rule, error, words):
    with pytest.raises(error, match=words):
        Market("tiny", **BRISK, **{address: rule}).run(30)


def test_each_takes_a_function_of_one_or_two():
    with pytest.raises(TypeError, match="a function of a firm"):
        each(lambda: 1.0)
