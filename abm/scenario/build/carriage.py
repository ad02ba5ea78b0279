"""How goods can travel between two countries: days, rates and passages of each way of carriage, from the facts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from abm.scenario.facts import EU, table

SPEEDS = {
    "express": ("express_courier",),
    "line": ("air_parcel_direct_line",),
    "post": ("post_mail_service",),
    "air": ("air_freight",),
    "sea": ("sea_FCL",),
    "overseas": ("overseas_warehouse_last_mile",),
}
"""The rows of the facts' line hauls that each way of carriage is read from; several of one name are averaged."""
LAST_MILE = {"express": 1.5, "line": 3.0, "post": 4.0}
"""Days of a direct parcel's way that lie behind the border, assumed."""
BORDER_DAYS = 2.0
"""Days of the read ones that goods spend at the border: a working day or two, week-ends, inspections; assumed."""
PER_ITEM = {"express": 400.0, "line": 100.0, "post": 225.0}
"""USD cents for each parcel across a border beside its weight, assumed; the post's is the middle of 1.5 and 3 USD."""
AT_HOME = {
    "express": (1.5, 400.0),
    "line": (2.5, 300.0),
    "post": (3.5, 250.0),
    "bonded": (2.5, 300.0),
    "retail": (2.5, 300.0),
}
"""Days and USD cents of a parcel within a rich country, assumed; bonded and retail goods take 1 to 4 days."""
HOME_PER_KG = 100.0
"""USD cents per kilogram of a parcel within a rich country, assumed."""
TYPICAL_KM = 10_000.0
"""The distance at which the facts' days and rates of air carriage are read: China to Europe and America."""
PORT_DAYS = 5.0
CONTAINER_KG = 12_000.0
GROUPAGE = 30.0
"""USD cents per kilogram for filling and emptying containers, assumed."""
UNION_KM_A_DAY, UNION_COST = 700.0, 1.5
"""Kilometres a day of parcels over a border within the customs union, and their rates against home's; assumed."""
ROAD_KM_A_DAY, ROAD_PER_KG, ROAD_PER_KG_KM = 600.0, 8.0, 0.02
UNKNOWN_SEA_DAYS, UNKNOWN_KM = 25.0, 9_000.0
DETOUR_DAYS = 3.0
"""The way round other passages than Suez and Panama, assumed; a route's one detour is the longest that it may need."""
POOREST = 0.2


@dataclass(frozen=True)
class Way:
    """One way of carriage between two countries: days, cents, and the passages on its route."""

    transit: float
    last_mile: float
    per_item: float
    per_kg: float
    spread: float
    detour: float = 0.0
    passages: tuple[str, ...] = ()


@cache
def place(code: str) -> dict[str, str]:
    """The facts about a country."""
    return next(row for row in table("countries") if row["iso2"] == code)


@cache
def usual(haul: str) -> tuple[float, float]:
    """Days and cost of a way of carriage in the unit of the facts, the middle of what was read."""
    rows = [row for row in table("line_haul_modes") if row["mode"] in SPEEDS[haul]]
    days = [(float(row["transit_days_lo"]) + float(row["transit_days_hi"])) / 2 for row in rows]
    cost = [(float(row["cost_lo"]) + float(row["cost_hi"])) / 2 for row in rows]
    return sum(days) / len(days), sum(cost) / len(cost)


def wage_level(code: str) -> float:
    """What handling costs against the United States: income per head, at least a fifth; assumed."""
    ratio = float(place(code)["gdp_per_capita_usd"]) / float(place("US")["gdp_per_capita_usd"])
    return min(1.0, max(POOREST, ratio))


@cache
def kilometres(origin: str, dest: str) -> float:
    """Great circle between the air hubs of two countries; symmetric."""
    for a, b in ((origin, dest), (dest, origin)):
        rows = [row for row in table("air_distances") if row["origin_country"] == a and row["dest_country"] == b]
        hubs = {place(a)["air_hub"], place(b)["air_hub"]}
        rows.sort(key=lambda row: len({row["origin"], row["dest"]} & hubs), reverse=True)
        if rows:
            return float(rows[0]["km"])
    return UNKNOWN_KM


@cache
def sea_route(origin: str, dest: str) -> dict[str, str] | None:
    """The quickest route between any ports of two countries, in either direction."""
    routes = table("sea_routes")
    for a, b in ((origin, dest), (dest, origin)):
        found = [row for row in routes if row["origin"][:2] == a and row["dest"][:2] == b]
        if found:
            return min(found, key=lambda row: float(row["days_16kn"]))
    return None


def by_sea(origin: str, dest: str) -> Way:
    """Full containers: days at 16 knots and five in port, the read price of a container by distance, groupage."""
    row = sea_route(origin, dest)
    if row is None:
        return Way(UNKNOWN_SEA_DAYS + PORT_DAYS, 0.0, 0.0, 2 * GROUPAGE, 0.15)
    days, via = float(row["days_16kn"]), tuple(name for name in row["via"].split("/") if name)
    detour = DETOUR_DAYS if via else 0.0
    if "suez" in via:
        detour = float(row["days_16kn_no_suez"]) - days
    elif "panama" in via:
        detour = float(row["days_16kn_no_panama"]) - days
    container = 100.0 * usual("sea")[1] / CONTAINER_KG * (0.5 + 0.5 * float(row["km"]) / 15_000.0)
    return Way(days + PORT_DAYS, 0.0, 0.0, container + GROUPAGE, 0.15, detour, via)


def abroad(haul: str, origin: str, dest: str) -> Way:
    """A way across a border. Air days and rates are half fixed and half by distance; assumed."""
    if haul == "sea":
        return by_sea(origin, dest)
    km = kilometres(origin, dest)
    if haul == "road":
        return Way(1.0 + km / ROAD_KM_A_DAY, 0.0, 0.0, ROAD_PER_KG + ROAD_PER_KG_KM * km, 0.2)
    days, dollars = usual(haul)
    far = 0.5 + 0.5 * km / TYPICAL_KM
    last_mile = LAST_MILE.get(haul, 0.0)
    spread = 0.3 if haul in LAST_MILE else 0.15
    return Way(
        (days - last_mile - BORDER_DAYS) * far, last_mile, PER_ITEM.get(haul, 0.0), 100.0 * dollars * far, spread
    )


def at_home(haul: str, code: str) -> Way:
    """A way within a country: from the shelf to the door, or by road between firms."""
    wages = wage_level(code)
    if haul in ("road", "sea", "air"):
        return Way(2.0, 0.0, 0.0, ROAD_PER_KG, 0.15)
    days, cents = AT_HOME.get(haul, (usual("overseas")[0], 300.0))
    return Way(0.0, days, cents * wages, HOME_PER_KG * wages, 0.3)


def one_market(origin: str, dest: str) -> bool:
    """Whether goods pass without customs: within a country, or inside the customs union."""
    return origin == dest or (origin in EU and dest in EU)


def in_union(haul: str, origin: str, dest: str) -> Way:
    """A parcel's way over a border without customs: a run by road, then as at home."""
    last = at_home(haul, dest)
    days = kilometres(origin, dest) / UNION_KM_A_DAY
    return Way(days, last.last_mile, UNION_COST * last.per_item, UNION_COST * last.per_kg, last.spread)


def way(haul: str, origin: str, dest: str) -> Way:
    """The way of carriage between two countries, or within one."""
    if origin == dest:
        return at_home(haul, dest)
    parcel = haul in AT_HOME or haul in ("line", "overseas")
    return in_union(haul, origin, dest) if parcel and one_market(origin, dest) else abroad(haul, origin, dest)
