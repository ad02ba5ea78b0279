"""What firms do about what is announced: they stock up before a duty, a closure, a failure; by air if time is short.

A duty on cargo is saved on all that has come in before it. A duty on parcels cannot be saved by sending earlier, as
nobody buys before there is a need; but shoppers will turn to goods that lie in their country already, and a seller who
has a shelf there fills it for those who will.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm import sourcing
from abm.capital import headroom
from abm.columns import F8, I4, Array
from abm.settlement import tally
from abm.sourcing import Choice, Ways
from abm.world import MODES, World
from kernels.border import assess_cents
from kernels.chance import Stream, identity
from kernels.management import HOLDING, shares_of_modes

if TYPE_CHECKING:
    from abm.phases.shocks import Shock

MOST_DAYS = 90.0
"""Nobody stocks up for longer."""
STOPPING = ("open", "capacity", "transit")
"""Columns whose announced change can keep goods from coming."""


def look_ahead(world: World, known: Ways) -> tuple[F8, Array, Choice]:
    """Days of stock that each node should hold for what is announced; links that must hurry, and on which lanes.

    All as far as what is announced is believed: a duty, a loss, a move of shoppers counts by the chance that it comes.
    """
    ahead, flying = np.zeros(len(world.nodes)), [_hurried(world, known, np.zeros(0, np.int64), np.zeros(0), 0)]
    belief = world.scenario.dials.management.belief
    for notice in world.law.notices():
        if notice.announced <= world.date < notice.effective:
            told = identity(f"{notice.dest}/{notice.effective}/{notice.text}")
            touched = _entering(world, notice.dest, told)
            rise = _rise(world, touched, notice.effective.toordinal())
            touched, rise = touched[rise > 0], belief * rise[rise > 0]
            _make_room(world, ahead, notice.dest, notice.effective.toordinal(), told)
            _raise(world, ahead, touched, rise * 365.0 / HOLDING)
            flying.append(_hurried(world, known, touched, rise, (notice.effective - world.date).days))
    for shock in world.shocks:
        if shock.announced <= world.day < shock.first and shock.column in STOPPING:
            touched = _touched(world, shock)
            buyer = world.links.buyer[touched]
            touched = touched[_heeds(world, identity(f"{shock.name}/{shock.first}"))[world.nodes.firm[buyer]]]
            _raise(world, ahead, touched, np.full(len(touched), belief * _lost(world, shock)))
    ahead = np.minimum(ahead, MOST_DAYS)
    rows, lane, cost = (np.concatenate(parts) for parts in zip(*flying, strict=True))
    rows, once = np.unique(rows, return_index=True)
    return ahead * _affordable(world, ahead), rows, Choice(world.links.supplier[rows], lane[once], cost[once])


def _heeds(world: World, told: int) -> Array:
    """Which firms heed a notice: the more initiative they have the likelier, the same firms at every level."""
    firms = world.firms
    word = world.words(Stream.NOTICE, firms.identity ^ np.uint64(told), day=0)[:, 0]
    return np.asarray(word < firms.initiative * 2.0**32)


def _entering(world: World, dest: str, told: int) -> Array:
    """Links by which those who heed a notice import into a country."""
    links, nodes = world.links, world.nodes
    place = world.names["countries"].index(dest)
    into = (links.alive > 0) & (links.cell >= 0) & (nodes.country[links.buyer] == place)
    rows = np.flatnonzero(into)
    return np.asarray(rows[_heeds(world, told)[nodes.firm[links.buyer[rows]]]])


def _rise(world: World, rows: Array, effective: int) -> F8:
    """By how much the duty on each link is to rise, as a share of value."""
    origin = world.nodes.origin[world.links.supplier[rows]]
    place = np.arange(len(rows))
    return np.asarray((sourcing.duties(world, rows, effective) - sourcing.duties(world, rows))[place, origin])


def _make_room(world: World, ahead: F8, dest: str, effective: int, told: int) -> None:
    """Shelves abroad of those who heed a notice are filled for who will turn to them when parcels bear more.

    In days of what the shelf sells now: lead time, review and cover of the packs that come to it from other ways.
    """
    offers, nodes, firms = world.offers, world.nodes, world.firms
    place, stored = world.names["countries"].index(dest), MODES.index("overseas")
    now = offers.landed_cents.astype(np.float64)
    then = now + _taxes(world, effective) * (offers.dest == place)
    moved = np.maximum(_shares(world, then) - _shares(world, now), 0.0) * world.listings.popularity[offers.listing]
    rows = np.flatnonzero((moved > 0) & (offers.mode == stored) & _heeds(world, told)[nodes.firm[offers.node]])
    node = offers.node[rows]
    days = nodes.lead[node] + firms.review_days[nodes.firm[node]] + nodes.cover[node] - nodes.ahead[node]
    more = world.scenario.dials.management.belief * moved[rows] / np.maximum(nodes.forecast[node], 1e-6)
    np.maximum.at(ahead, node, more * days)


def _taxes(world: World, day: int) -> F8:
    """Cents by which duty, VAT and fees on each offer differ on a day from today's, at today's price and freight."""
    offers, size = world.offers, len(world.offers)
    rule, (duty, vat, fee) = np.empty(size, np.int32), np.zeros((3, size), np.int64)
    grams, one = world.categories.weight[world.listings.category[offers.listing]], np.ones(size, np.int64)
    assess_cents(0, size, offers.cell, world.law.per_usd(world.countries.fx), offers.value_cents, offers.freight_cents,
                 one, one, grams, world.law.bands(day), world.terms, rule, duty, vat, fee)  # fmt: skip
    crossing = offers.cell >= 0
    return np.where(crossing, duty + vat + fee - offers.duty_cents - offers.vat_cents - offers.handling_cents, 0.0)


def _shares(world: World, cents: F8) -> F8:
    """Part that each offer takes of the sales of its listing at such landed prices."""
    offers, demand, share = world.offers, world.scenario.demand, np.zeros(len(world.offers))
    usual = 100.0 * world.categories.price[world.listings.category[offers.listing]]
    shares_of_modes(0, len(world.listings), world.listings.offer, cents / usual, offers.days,
                    offers.alive & offers.admitted, world.price_mean, demand.theta, demand.lam, share)  # fmt: skip
    return share


def _raise(world: World, ahead: F8, rows: Array, days: F8) -> None:
    np.maximum.at(ahead, world.links.buyer[rows], days)


def _touched(world: World, shock: Shock) -> Array:
    """Links along which less or nothing comes while a change lasts."""
    links, nodes, lanes = world.links, world.nodes, world.lanes
    lane = np.where(links.lane >= 0, links.lane, 0)
    touched = np.zeros(len(links), bool)
    if shock.table == "lanes":
        touched = np.isin(lane, shock.rows)
    if shock.table == "passages":
        closed = sum(1 << row for row in shock.rows.tolist())
        touched = (lanes.passage[lane] & np.uint32(closed)) > 0
    touched &= links.lane >= 0
    if shock.table == "firms":
        source = np.where(links.supplier >= 0, nodes.firm[links.supplier], -1)
        touched = np.isin(source, shock.rows) & (source != nodes.firm[links.buyer])
        touched |= np.isin(links.make, shock.rows)
        touched |= (links.lane >= 0) & np.isin(lanes.carrier[lane], shock.rows)
    return np.flatnonzero(touched & (links.alive > 0))


def _lost(world: World, shock: Shock) -> float:
    """Days of supply that an announced change takes away."""
    lasting = min(float(shock.until - shock.first), MOST_DAYS)
    if shock.table == "passages":
        return float(world.lanes.detour.max(initial=0.0)) if shock.value == 0 else 0.0
    if not len(shock.rows):
        return 0.0
    now = float(getattr(getattr(world, shock.table), shock.column)[shock.rows[0]])
    then = {"set": shock.value, "scale": now * shock.value, "add": now + shock.value}[shock.op]
    if shock.column == "transit":
        return max(float(then - now), 0.0)
    return lasting * max(1.0 - float(then) / now, 0.0) if now > 0 else 0.0


def _affordable(world: World, ahead: F8) -> F8:
    """Part of the wished stock that each node's owner has the cash for."""
    nodes = world.nodes
    wish = np.floor(ahead * nodes.forecast * nodes.cost_cents).astype(np.int64)
    total = np.zeros(len(world.firms), np.int64)
    tally(nodes.firm, wish, total)
    part = np.clip(headroom(world) / np.maximum(total, 1), 0.0, 1.0)
    return np.asarray(part[nodes.firm])


def _hurried(world: World, known: Ways, rows: Array, rise: F8, left: int) -> tuple[Array, I4, F8]:
    """Links whose goods would come too late, and a lane that is in time and costs less than the duty saved."""
    links = world.links
    late = (links.granted[rows] == 0) & (known.days[links.lane[rows]] >= left)
    rows, rise = rows[late], rise[late]
    in_time = Ways(known.table, known.days, (known.runs * (known.days < left)).astype(np.uint8))
    found = sourcing.cheapest_haul(world, in_time, rows)
    saved = rise * world.nodes.cost_cents[links.supplier[rows]]
    worth = (found.lane >= 0) & (found.cost - sourcing.haul_cost(world, known, rows) < saved)
    return rows[worth], found.lane[worth], found.cost[worth]
