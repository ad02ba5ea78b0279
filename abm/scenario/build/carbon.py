"""What carriage emits: grams of CO2e for each kilogram along a lane, by way of carriage and distance, from the facts.

Well to wheel, aviation without radiative forcing, by the tonne-kilometre. Parcels and air freight fly between
countries, or go by lorry within the customs union; every parcel ends with a van. Distances by road are assumed.
"""

from __future__ import annotations

from abm.scenario.build.carriage import kilometres, one_market, sea_route
from abm.scenario.facts import table

VEHICLES = {
    "far": "freight flight long-haul, without radiative forcing",
    "near": "freight flight short-haul, without radiative forcing",
    "ship": "container ship average",
    "lorry": "all HGVs average laden",
    "van": "van up to 3.5 t, first-listed fuel (diesel)",
}
"""The rows of the facts' emissions that each leg is read from."""
LONG_HAUL_KM = 3_700.0
"""From this distance on a flight is a long haul: the bound of the facts' source."""
TRUNK_KM, DOOR_KM = 300.0, 30.0
"""By lorry within a country, and by van to the door; assumed."""
UNKNOWN_SEA_KM = 15_000.0
PARCELS = ("express", "line", "post", "overseas", "bonded", "retail")


def per_tonne_km(leg: str) -> float:
    """Kilograms of CO2e for a tonne-kilometre, which is grams for a kilogram-kilometre."""
    rows = (row for row in table("emissions") if row["vehicle"] == VEHICLES[leg] and "total" in row["scope"])
    return float(next(rows)["kgco2e_per_tkm"])


def sea_kilometres(origin: str, dest: str) -> float:
    """Of the quickest route between any ports of two countries."""
    route = sea_route(origin, dest)
    return UNKNOWN_SEA_KM if route is None else float(route["km"])


def main_leg(haul: str, origin: str, dest: str) -> tuple[str, float]:
    """The vehicle between two countries or within one, and its kilometres."""
    if origin == dest:
        return "lorry", TRUNK_KM
    if haul == "sea":
        return "ship", sea_kilometres(origin, dest)
    km = kilometres(origin, dest)
    if haul == "road" or (haul in PARCELS and one_market(origin, dest)):
        return "lorry", km
    return ("far" if km >= LONG_HAUL_KM else "near"), km


def emitted(haul: str, origin: str, dest: str) -> float:
    """Grams of CO2e for each kilogram carried along a lane, all passages open; parcels with the van to the door."""
    leg, km = main_leg(haul, origin, dest)
    door = per_tonne_km("van") * DOOR_KM if haul in PARCELS else 0.0
    return per_tonne_km(leg) * km + door
