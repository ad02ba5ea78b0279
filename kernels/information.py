"""What a firm believes about tomorrow's demand: records kept with or without error, and forecasts made from them.

A record is a ring of days per row: `ring[row, day % W]` is what was asked for on that day. Forecasts are units a day.
"""

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel
from kernels.groups import group
from kernels.money import half_up

MILLION = 1_000_000


@kernel
def record(start: int, stop: int, demand: npt.NDArray[np.int64], day: int, ring: npt.NDArray[np.int64]) -> None:
    """Enter one day of demand in the rings, over the entry that is `W` days old.

    demand : int64[n], units asked for on `day`.
    ring : int64[n, W], units; column `day % W` is written for the rows of [start, stop), no other.
    """
    column = day % ring.shape[1]
    for row in range(start, stop):
        ring[row, column] = demand[row]


@kernel
def total_units(days: npt.NDArray[np.int64]) -> int:
    """Units asked for on all of these days, int64[days]."""
    total = 0
    for units in days:
        total += units
    return total


@kernel
def moving_average(
    start: int,
    stop: int,
    ring: npt.NDArray[np.int64],
    day: int,
    window: npt.NDArray[np.int64],
    forecast: npt.NDArray[np.float64],
) -> None:
    """Forecast by the mean of the last `window` recorded days, `day` the latest of them.

    ring : int64[n, W], units asked for per day, column `day % W` the latest.
    day : days are counted from 0; never more than day + 1 days are read, so a ring filled before the first day
        (a warm start) starts the count at W - 1 or later.
    window : int64[n], days, taken within [1, W].
    forecast : float64[n], units a day, written. The sum is an integer sum: one rounding, in the division.

    Chen, Drezner, Ryan and Simchi-Levi (2000), Management Science 46(3), 436-443.
    """
    length = ring.shape[1]
    latest = day % length
    for row in range(start, stop):
        days = max(1, min(window[row], length, day + 1))
        oldest = latest + 1 - days
        total = total_units(ring[row, max(0, oldest) : latest + 1]) + total_units(ring[row, length + min(0, oldest) :])
        forecast[row] = total / days


@kernel
def smoothing(
    start: int,
    stop: int,
    observed: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    forecast: npt.NDArray[np.float64],
) -> None:
    """Move each forecast towards what was observed: F <- F + alpha (observed - F).

    observed : float64[n], units a day.
    alpha : float64[n], weight of the newest day, in [0, 1]; 0 never learns, 1 repeats the last day.
    forecast : float64[n], units a day, written in place; stays between the old forecast and the observation.

    Single exponential smoothing: Brown (1959), Statistical Forecasting for Inventory Control; the expectation of
    Sterman (1989), Management Science 35(3), with theta = alpha.
    """
    for row in range(start, stop):
        forecast[row] += alpha[row] * (observed[row] - forecast[row])


@kernel
def expected_total(observed: float, mean: float, rho: float, horizon: int) -> float:
    """Expected demand over the `horizon` days that follow a day on which `observed` units were asked for.

    Demand follows D' = mean + rho (D - mean) + e, so the k-th day ahead is expected at mean + rho^k (D - mean).

    Lee, So and Tang (2000), Management Science 46(5), 626-643, with horizon = lead time + 1.
    """
    gap = observed - mean
    total = horizon * mean
    for _ in range(horizon):
        gap *= rho
        total += gap
    return total


@kernel
def ar1(
    start: int,
    stop: int,
    observed: npt.NDArray[np.float64],
    mean: npt.NDArray[np.float64],
    rho: npt.NDArray[np.float64],
    horizon: npt.NDArray[np.int64],
    forecast: npt.NDArray[np.float64],
) -> None:
    """Forecast by the optimal rule for demand that is autoregressive of order one.

    observed, mean : float64[n], units a day; rho : float64[n] in (-1, 1); horizon : int64[n], days, at least 1.
    forecast : float64[n], units a day, the mean over the horizon, written.

    Lee, So and Tang (2000), as `expected_total`.
    """
    for row in range(start, stop):
        forecast[row] = expected_total(observed[row], mean[row], rho[row], horizon[row]) / horizon[row]


@kernel
def noisy(observed: float, sd: float, normal: float) -> float:
    """What an unconnected firm writes down when `observed` units moved: observed (1 + sd normal), never below 0.

    sd : relative error of the record (.1: ten per cent); normal : a standard normal draw, given by the caller.
    Unbiased while 1/sd is many deviations; sd = 0 gives the truth. DeHoratius and Raman (2008), Management Science
    54(4), find two thirds of store records wrong; the size is a parameter.
    """
    return observed * max(0.0, 1.0 + sd * normal)


@kernel
def misrecord(
    start: int,
    stop: int,
    observed: npt.NDArray[np.float64],
    sd: npt.NDArray[np.float64],
    normal: npt.NDArray[np.float64],
    recorded: npt.NDArray[np.float64],
) -> None:
    """Write the records of a day, each with its firm's own error.

    observed : float64[n], units; sd : float64[n], relative error, 0 for a connected firm; normal : float64[n], draws.
    recorded : float64[n], units, written; never negative, and equal to `observed` where sd is 0.
    """
    for row in range(start, stop):
        recorded[row] = noisy(observed[row], sd[row], normal[row])


@kernel
def persistence(
    start: int,
    stop: int,
    ring: npt.NDArray[np.int64],
    day: int,
    window: int,
    mean: npt.NDArray[np.float64],
    rho: npt.NDArray[np.float64],
) -> None:
    """Estimate the mean and the first autocorrelation of the last `window` recorded days, `day` the latest of them.

    ring : int64[n, W], units asked for per day, column `day % W` the latest; `window` in days, taken within [2, W] and
        never more than day + 1.
    mean, rho : float64[n], units a day and [-1, 1], written; rho is 0 where demand did not vary. Sums are of whole
    numbers. Box and Jenkins (1970), Time Series Analysis, equation (2.1.12).
    """
    length = ring.shape[1]
    days = max(1, min(window, length, day + 1))
    for row in range(start, stop):
        total, square, product = 0, 0, 0
        for back in range(days):
            units = ring[row, (day - back) % length]
            total += units
            square += units * units
            product += units * ring[row, (day - back - 1) % length] if back + 1 < days else 0
        ends = ring[row, day % length] + ring[row, (day - days + 1) % length]
        mean[row] = total / days
        spread = square - total * mean[row]
        shared = product - mean[row] * (2 * total - ends) + (days - 1) * mean[row] * mean[row]
        rho[row] = min(1.0, max(-1.0, shared / spread)) if spread > 0.0 else 0.0


@kernel
def climb(
    supplier: npt.NDArray[np.int32],
    buyer: npt.NDArray[np.int32],
    live: npt.NDArray[np.uint8],
    nodes: int,
    order: npt.NDArray[np.int64],
) -> int:
    """Find an order of links in which news climbs a chain: a link comes after all on which its buyer supplies others.

    supplier, buyer : int32[l], nodes, below `nodes`; live : uint8[l], only links with a supplier (not below 0).
    order : int64[l], written from the front. Returns how many links are in it: all live ones but those on or above
    a circle of links. Kahn (1962), Communications of the ACM 5(11).
    """
    first, into = np.empty(nodes + 1, np.int64), np.empty(buyer.size, np.int64)
    group(np.where(live != 0, buyer, np.int32(-1)), first, into)
    waits, ready = np.zeros(nodes, np.int64), np.empty(nodes, np.int64)
    for link in range(buyer.size):
        if live[link] != 0:
            waits[supplier[link]] += 1
    tail, found = 0, 0
    for node in range(nodes):
        if waits[node] == 0:
            ready[tail] = node
            tail += 1
    head = 0
    while head < tail:
        node = ready[head]
        head += 1
        for place in range(first[node], first[node + 1]):
            link = into[place]
            order[found] = link
            found += 1
            waits[supplier[link]] -= 1
            if waits[supplier[link]] == 0:
                ready[tail] = supplier[link]
                tail += 1
    return found


@kernel
def announce(
    node: npt.NDArray[np.int64],
    units: npt.NDArray[np.float64],
    deepest: int,
    into: npt.NDArray[np.int64],
    first: npt.NDArray[np.int64],
    supplier: npt.NDArray[np.int32],
    alive: npt.NDArray[np.uint8],
    share: npt.NDArray[np.float64],
    per_unit: npt.NDArray[np.int64],
    forecast: npt.NDArray[np.float64],
) -> None:
    """Let nodes tell their suppliers of `units` a day more or less to come, and they theirs, `deepest` steps at most.

    node, units : int64[m] and float64[m]. By link: `supplier` (a node, -1 none), `alive`, the `share` of the buyer's
    orders, and `per_unit`, units of the supplier for each of the buyer. into : int64[links], those by which node k buys
    at first[k] to first[k + 1]. forecast : float64[n], units a day, written: each supplier adds its part at once, and
    expects no less than nothing.
    """
    told, more = node, units
    for _ in range(deepest):
        room = 0
        for k in range(told.size):
            room += first[told[k] + 1] - first[told[k]]
        source, part, at = np.empty(room, np.int64), np.empty(room), 0
        for k in range(told.size):
            for place in range(first[told[k]], first[told[k] + 1]):
                link = into[place]
                if alive[link] != 0 and supplier[link] >= 0:
                    source[at], part[at] = supplier[link], more[k] * (share[link] * per_unit[link])
                    at += 1
        told, more = source[:at], part[:at]
        for k in range(at):
            forecast[told[k]] = max(forecast[told[k]] + more[k], 0.0)


@kernel
def wanted_ahead(need: npt.NDArray[np.int64], window: int, factor: float, total: npt.NDArray[np.int64]) -> None:
    """Add to each day of a supplier what a buyer asks of it who orders for the mean of the `window` days to come.

    need : int64[D], millionths wanted of the buyer; days beyond the last count as the last. A window of 0 is the day
    itself, one of D or more a flat year: the last column. total : int64[D], millionths, added to, `factor` for each.
    """
    last = need.size - 1
    if window == 0 or window > last:
        for day in range(need.size):
            total[day] += half_up(need[day if window == 0 else last] * factor)
        return
    ahead = window * need[last]
    for day in range(last, -1, -1):
        total[day] += half_up(ahead / window * factor)
        ahead += need[day] - need[min(day + window, last)]


@kernel
def pass_up(
    order: npt.NDArray[np.int64],
    supplier: npt.NDArray[np.int32],
    buyer: npt.NDArray[np.int32],
    factor: npt.NDArray[np.float64],
    window: npt.NDArray[np.int64],
    expected: npt.NDArray[np.int64],
) -> None:
    """Add what is wanted of each buyer to what is wanted of its suppliers, from the consumer up.

    order : int64[m], links as `climb` has them; by link: `supplier`, `buyer` (nodes), `factor` (units of the supplier
    for each unit of the buyer), `window` (days to come for which the buyer orders, as `wanted_ahead` takes them).
    expected : int64[n, D], millionths of a unit wanted on each of D days; on entry what consumers want, written. Each
    link adds whole millionths: the order of rows does not matter.
    """
    for link in order:
        wanted_ahead(expected[buyer[link]], window[link], factor[link], expected[supplier[link]])


@kernel
def shoppers(
    start: int,
    stop: int,
    node: npt.NDArray[np.int32],
    dest: npt.NDArray[np.int32],
    packs: npt.NDArray[np.float64],
    visits: npt.NDArray[np.float64],
    expected: npt.NDArray[np.int64],
) -> None:
    """Add what shoppers are expected to want of each offer's node on the days `start` to `stop`.

    By offer: `node`, `dest` (market), `packs` a flat day; visits : float64[D, M], against a flat day, by market.
    expected : int64[n, D], millionths of a unit, added to in whole numbers: the order of rows does not matter.
    """
    market = np.ascontiguousarray(visits[start:stop].T)
    for offer in range(node.size):
        usual, wanted, level = packs[offer], expected[node[offer], start:stop], market[dest[offer]]
        for day in range(level.size):
            wanted[day] += half_up(usual * level[day] * MILLION)


@kernel
def seasons_ahead(
    wanted: npt.NDArray[np.int64],
    days: npt.NDArray[np.int64],
    first: npt.NDArray[np.float64],
    mean: npt.NDArray[np.float64],
) -> None:
    """What is wanted of each node on the first day ahead, and in the mean of its own `days`, against a flat day.

    wanted : int64[n, D + 1], of each of D days and, last, of a flat day; days : int64[n], 1 to D.
    Written: first and mean, float64[n]; 1 where nothing is wanted on a flat day.
    """
    flat = wanted.shape[1] - 1
    for node in range(days.size):
        usual, total = wanted[node, flat], 0.0
        first[node] = mean[node] = 1.0
        if usual > 0:
            for day in range(days[node]):
                total += wanted[node, day] / usual
            first[node], mean[node] = wanted[node, 0] / usual, total / days[node]


@kernel
def fewest_steps(firm: npt.NDArray[np.int32], tier: npt.NDArray[np.int8], fewest: npt.NDArray[np.int64]) -> None:
    """Find how many steps each firm is from the consumer in the shortest of its chains.

    By member: `firm`, and `tier`, 0 for services. Written: fewest, int64[firm], 0 for who only serves.
    """
    fewest[:] = 0
    for member in range(firm.size):
        steps, so_far = tier[member], fewest[firm[member]]
        if steps > 0 and (so_far == 0 or steps < so_far):
            fewest[firm[member]] = steps
