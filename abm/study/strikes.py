"""Makers that are struck by the same volume, where shoppers turn elsewhere and where they do not; who is exposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from abm.columns import F8, Array
from abm.scenario import Scenario
from abm.scenario.build import build
from abm.study.experiments import contagion
from abm.world import KINDS, MODES, World

if TYPE_CHECKING:
    import pandas as pd

MAKER = KINDS.index("manufacturer")
LEAST = 3
"""Pairs from which a rank correlation is told."""


def struck(scenario: Scenario) -> str:
    """The maker of finished goods that is struck under the seed of a scenario: each in its turn."""
    makers = [name for firm in scenario.firms if firm.kind == "manufacturer" for name in firm.members]
    return makers[scenario.seed % len(makers)]


def strike(scenario: Scenario, day: int, until: int) -> dict[str, Any]:
    """Settings by which one maker loses machines for some days: as many as makers have in the mean, or all it has."""
    world, name = build(scenario), struck(scenario)
    capacity = world.firms.capacity
    lost = min(float(capacity[world.firms.kind == MAKER].mean()), float(capacity[world.names["firms"].index(name)]))
    return {"shocks": [{"name": "strike", "day": day, "until": until, "add": {f"firms.{name}.capacity": -lost}}]}


def replay(scenario: Scenario) -> dict[str, Any]:
    """Settings by which nobody shops and usual sales are asked of each seller again, whatever becomes of others."""
    world = build(scenario)
    asked: dict[tuple[str, ...], list[float]] = {}
    offers, names = world.offers, world.names
    for row in np.flatnonzero(offers.demand_ma > 0).tolist():
        listing = int(offers.listing[row])
        key = (names["firms"][world.listings.seller[listing]], names["countries"][offers.dest[row]],
               names["categories"][world.listings.category[listing]], MODES[offers.mode[row]])  # fmt: skip
        asked.setdefault(key, []).append(float(offers.demand_ma[row]))
    given = []
    for place, packs in asked.items():
        where = dict(zip(("seller", "market", "category", "mode"), place, strict=True))
        mean = float(np.mean(packs))
        given.append({**where, "mean": mean, "sd": mean**0.5})
    return {"demand.visits": 0.0, "demand.given": given}


def stations(world: World) -> dict[str, float]:
    """Packs of each chain that were sold today, and how it is exposed to the firm that is struck."""
    offers, chains, victim = world.offers, world.chains, world.names["firms"].index(struck(world.scenario))
    sold = np.bincount(world.listings.product[offers.listing], offers.sold, len(world.products))[chains.product]
    of = {"sold": sold, "exposed": exposure(world)[victim]}
    return {f"{what}:{row}": float(values[row]) for what, values in of.items() for row in range(len(chains))}


def spread(calm: pd.DataFrame, struck: pd.DataFrame, since: int) -> dict[str, float]:
    """What a strike takes in all, from chains in which the firm stands, and from others, in per cent of calm sales.

    ``exposure_told`` is the rank correlation of exposure and loss over chains; ``variation`` that of calm weeks' sales.

    Args:
        calm, struck: what `stations` told each day, without the strike and with it.
        since: the first day that counts.
    """
    sold = calm.filter(like="sold:")
    one, other = (days.loc[since:].filter(like="sold:").sum().to_numpy() for days in (calm, struck))
    exposed = calm.filter(like="exposed:").iloc[0].to_numpy()
    near, far = contagion(one, other, exposed == 1.0, np.zeros(len(one)))
    weeks = sold.sum(axis=1).rolling(7).mean()
    return {
        "lost_in_all": 100.0 * float(1.0 - other.sum() / one.sum()) if one.any() else np.nan,
        "loss_near": 100.0 * near, "loss_far": 100.0 * far, "sold": float(sold.sum(axis=1).mean()),
        "variation": 100.0 * float(weeks.std() / weeks.mean()),
        "exposure_told": rank_correlation(exposed, 1.0 - other / np.where(one > 0, one, np.nan)),
    }  # fmt: skip


def membership(world: World) -> Array:
    """Whether a firm makes or sells for a chain: bool[firm, chain]."""
    members, rows = world.members, _at_work(world)
    found = np.zeros((len(world.firms), len(world.chains)), bool)
    found[members.firm[rows], members.chain[rows]] = True
    return found


def exposure(world: World) -> F8:
    """How far each chain hangs on each firm that makes or sells, by who stands where: float64[firm, chain], 0 to 1.

    1 where the firm is a member. Elsewhere the mean over the chain's members of the part of their usual flow that they
    owe to chains in which the firm stands: what is troubled at firms that both share.
    """
    within, part = membership(world), np.zeros((len(world.firms), len(world.chains)))
    members, rows = world.members, _at_work(world)
    np.add.at(part, (members.firm[rows], members.chain[rows]), members.share[rows])
    total = part.sum(axis=1, keepdims=True)
    part /= np.where(total > 0, total, 1.0)
    touched = part @ within.T.astype(float)  # the part of firm m's flow that is in chains which hold firm v: [m, v]
    size = np.maximum(within.sum(axis=0), 1)
    return np.asarray(np.where(within, 1.0, touched.T @ within.astype(float) / size))


def _at_work(world: World) -> Array:
    return np.flatnonzero((world.members.tier > 0) & (world.members.alive > 0))


def rank_correlation(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Spearman's coefficient of what is known in both; NaN with fewer than three or where one does not differ."""
    from scipy.stats import rankdata

    pair = np.array([np.asarray(one, float), np.asarray(other, float)])
    pair = pair[:, ~np.isnan(pair).any(axis=0)]
    if pair.shape[1] < LEAST or (np.ptp(pair, axis=1) == 0).any():
        return float("nan")
    return float(np.corrcoef(rankdata(pair, axis=1))[0, 1])
