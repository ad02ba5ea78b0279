"""Who can pay: limits that amounts use up in order, invoices met from cash and credit, interest on what is borrowed."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import uniform64
from kernels.compiled import kernel
from kernels.functions import exp, log
from kernels.money import muldiv

I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

KEENNESS = 0.15
"""How well good payments and frauds are told apart: a screen that turns away 1% of the good stops half of fraud."""
STRICTEST = 0.1
"""Good payments that a provider turns away at most: beyond it shops would leave; assumed."""


@kernel
def within_limit(group: I4, amount: I8, limit: I8, granted: U1) -> None:
    """Grant amounts in row order while the limit of their group lasts; who does not fit is passed over.

    With amounts of 1 this is a queue: first come, first served.

    By row: `group` (below 0: no limit), `amount`; by group: `limit`, lowered by what is granted. Written: `granted`.
    """
    for i in range(group.size):
        fits = group[i] < 0 or amount[i] <= limit[group[i]]
        granted[i] = 1 if fits else 0
        if fits and group[i] >= 0:
            limit[group[i]] -= amount[i]


@kernel
def solvent(payer: I4, payee: I4, amount: I8, debtor: I4, floor_cents: I8, balance: I8, paid: I8) -> None:
    """Find, in row order, what of each invoice is paid today; a debtor pays while its balance is above its floor.

    By row: `payer`, `payee`, `amount`, `debtor` (-1 pays always); by firm: `floor_cents`, how far below zero its cash
    may fall, negative; `balance` by account, a copy that is worked on. Written: `paid`, up to the amount. What is
    received in an earlier row may pay a later one.
    """
    for i in range(payer.size):
        paid[i] = amount[i]
        if debtor[i] >= 0:
            paid[i] = min(amount[i], max(balance[payer[i]] - floor_cents[debtor[i]], 0))
        balance[payer[i]] -= paid[i]
        balance[payee[i]] += paid[i]


@kernel
def caught(screen: float, keenness: float) -> float:
    """Part of fraud that is stopped by a screen which turns away the part `screen` of good payments: screen^keenness.

    The power curve of detection: 0 < keenness < 1, the smaller the better told apart; area under it 1 / (1 + keenness).
    Never less than `screen`. Lehmann's alternative, as in Gonen and Heller (2010), Medical Decision Making 30(4).
    """
    return exp(keenness * log(screen)) if screen > 0.0 else 0.0


@kernel
def best_screen(fee: float, fraud: float, keenness: float) -> float:
    """Part of good payments to turn away that earns most: max over s of fee (1 - s) - fraud (1 - s^keenness).

    `fee` on a good payment and `fraud` among payments, both as parts of what is paid; the provider bears what its
    screen lets through. s = (keenness fraud / fee)^(1 / (1 - keenness)), at most `STRICTEST`.
    """
    if fraud <= 0.0:
        return 0.0
    if keenness * fraud >= fee:
        return STRICTEST
    return min(STRICTEST, exp(log(keenness * fraud / fee) / (1.0 - keenness)))


@kernel
def screened(
    start: int,
    stop: int,
    screen: NDArray[np.float64],
    fraud: float,
    keenness: float,
    decline: float,
    word: NDArray[np.uint32],
    failure: NDArray[np.float32],
    stolen: U1,
) -> None:
    """Chance that each of the payments `start` to `stop` is refused, by chance or by its screen, and which are frauds.

    By payment: `screen`, `word`; `decline` is the chance that a payment fails for other reasons. Written: `failure`;
    `stolen`, 1 with chance `fraud`.
    """
    for i in range(start, stop):
        stolen[i] = 1 if uniform64(word[i]) < fraud else 0
        turned = caught(screen[i], keenness) if stolen[i] != 0 else screen[i]
        failure[i] = 1.0 - (1.0 - decline) * (1.0 - turned)


@kernel
def part(start: int, stop: int, amount: I8, ppm: I8, share: I8) -> None:
    """Shares of the amounts `start` to `stop`: amount x ppm / 10^6, half up, each for itself; written: `share`."""
    for i in range(start, stop):
        share[i] = muldiv(amount[i], ppm[i], 1_000_000)
