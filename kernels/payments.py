"""Who can pay: limits that amounts use up in order, invoices met from cash and credit, interest on what is borrowed."""

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel
from kernels.money import muldiv

I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]


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
def solvent(payer: I4, payee: I4, amount: I8, debtor: I4, floor_cents: I8, balance: I8, paid: U1) -> None:
    """Find, in row order, which invoices are paid today; a debtor pays if its balance stays at or above its floor.

    By row: `payer`, `payee`, `amount`, `debtor` (-1 pays always); by firm: `floor_cents`, how far below zero its cash
    may fall, negative; `balance` by account, a copy that is worked on. Written: `paid`. What is received in an earlier
    row may pay a later one.
    """
    for i in range(payer.size):
        able = debtor[i] < 0 or balance[payer[i]] - amount[i] >= floor_cents[debtor[i]]
        paid[i] = 1 if able else 0
        if able:
            balance[payer[i]] -= amount[i]
            balance[payee[i]] += amount[i]


@kernel
def part(start: int, stop: int, amount: I8, ppm: I8, share: I8) -> None:
    """Shares of the amounts `start` to `stop`: amount x ppm / 10^6, half up, each for itself; written: `share`."""
    for i in range(start, stop):
        share[i] = muldiv(amount[i], ppm[i], 1_000_000)
