"""Arithmetic: the model's own functions against the library, rounding and sharing against whole numbers of any size."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import demand, given
from kernels import functions, money

LARGEST = 2**53


class Function(Family):
    """One of the model's own functions over a range, against the library's in double precision."""

    finds: ClassVar[Mapping[str, str]] = {
        "largest_error": "The largest error, relative; of logarithms in units of max(1, |value|).",
        "at": "Where it is.",
    }
    function: Literal["exp2f", "log2f", "exp", "exp2", "log", "log2", "normal_cdf", "erfc"] = given(
        ..., "", "The function; an f at the end is single precision.")  # fmt: skip
    lo: float = given(..., "1", "The low end of the range.", "from")
    hi: float = given(..., "1", "The high end of the range.", "to")
    points: int = given(100_000, "count", "Points, evenly spread; of logarithms evenly in the logarithm.", least=2,
                        most=100_000_000)  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> Function:
        demand(self.lo < self.hi, "lo below hi")
        demand("log" not in self.function or self.lo > 0.0, "lo above 0 for a logarithm")
        return self

    def find(self) -> dict[str, Found]:
        """The largest error and where it is."""
        ours, exact = getattr(functions, self.function), EXACT[self.function.removesuffix("f")]
        logarithm, single = "log" in self.function, self.function.endswith("f")
        spread = np.geomspace if logarithm else np.linspace
        points = spread(self.lo, self.hi, self.points)
        points = points.astype(np.float32) if single else points
        known = np.array([exact(float(x)) for x in points])
        error = np.abs(np.array([ours(x) for x in points], float) - known)
        error /= np.maximum(1.0, np.abs(known)) if logarithm else np.abs(known)
        worst = int(error.argmax())
        return {"largest_error": float(error[worst]), "at": float(points[worst])}


EXACT: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "exp2": math.exp2,
    "log": math.log,
    "log2": math.log2,
    "erfc": math.erfc,
    "normal_cdf": lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),
}


class Rounding(Family):
    """amount x num / den, half up and exact: how a rate is taken from an amount."""

    finds: ClassVar[Mapping[str, str]] = {"part": "The part, a whole number."}
    amount: int = given(..., "cents", "The amount.", least=-LARGEST, most=LARGEST)
    num: int = given(..., "1", "The rate's numerator.", least=0, most=10**9)
    den: int = given(1_000_000, "1", "The rate's denominator.", least=1, most=10**9)

    def find(self) -> dict[str, Found]:
        """The part."""
        return {"part": float(money.muldiv(self.amount, self.num, self.den))}


class Proportional(Family):
    """A total shared over claims in whole units: floors first, the rest to the largest remainders, ties to lots."""

    finds: ClassVar[Mapping[str, str]] = {"parts": "What each claim gets.", "sum": "What all get together."}
    total: int = given(..., "units", "What there is.", least=-(2**60), most=2**60)
    claims: tuple[int, ...] = given(..., "units", "What each asks for.")
    lots: tuple[int, ...] = given((), "1", "Lots, all different; the smaller is served first. In order unless said.")

    @model_validator(mode="after")
    def _fits(self) -> Proportional:
        demand(
            all(claim >= 0 for claim in self.claims) and sum(self.claims) < 2**61, "claims of at least 0, below 2^61"
        )
        demand(len(self.lots) in (0, len(self.claims)), "lots with one number per claim")
        demand(len(set(self.lots)) == len(self.lots), "lots that are all different")
        demand(all(0 <= lot < 2**64 for lot in self.lots), "lots from 0 to 2^64 - 1")
        return self

    def find(self) -> dict[str, Found]:
        """The parts."""
        parts = _shared(self.total, self.claims, self.lots or tuple(range(len(self.claims))))
        return {"parts": np.array(parts, float), "sum": float(sum(parts))}


def _shared(total: int, claims: tuple[int, ...], lots: tuple[int, ...]) -> list[int]:
    out = np.empty(len(claims), np.int64)
    money.proportional(total, np.array(claims, np.int64), np.array(lots, np.uint64), out)
    found: list[int] = out.tolist()
    return found


class RandomSharing(Family):
    """Rounding and sharing of random amounts, small and near the largest, against whole numbers without limit."""

    finds: ClassVar[Mapping[str, str]] = {
        "wrong_parts": "Rates taken that differ from the exact half up.",
        "wrong_shares": "Books of claims shared otherwise than by the largest remainders.",
    }
    n: int = given(20_000, "count", "How many of each.", least=1, most=10_000_000)
    seed: int = given(1, "1", "The seed.", least=0, most=2**63 - 1)

    def find(self) -> dict[str, Found]:
        """How many are wrong."""
        rng = np.random.default_rng(self.seed)
        wrong_parts = wrong_shares = 0
        for _ in range(self.n):
            amount = _whole(rng, 53) * int(rng.choice([-1, 1]))
            num, den = _whole(rng, 29), 1 + _whole(rng, 29)
            part = (2 * amount * num + den) // (2 * den)
            wrong_parts += abs(part) < 2**62 and money.muldiv(amount, num, den) != part
            claims = tuple(_whole(rng, 57) for _ in range(int(rng.integers(1, 9))))
            lots = tuple(rng.permutation(len(claims)).tolist())
            total = _whole(rng, 57) % (sum(claims) + 2)
            wrong_shares += _shared(total, claims, lots) != largest_remainders(total, claims, lots)
        return {"wrong_parts": float(wrong_parts), "wrong_shares": float(wrong_shares)}


def _whole(rng: Any, bits: int) -> int:
    """A whole number of any size up to so many bits."""
    return int(rng.integers(0, 2 ** int(rng.integers(1, bits + 1))))


def largest_remainders(total: int, claims: tuple[int, ...], lots: tuple[int, ...]) -> list[int]:
    """Hamilton's method in whole numbers without limit."""
    asked = sum(claims)
    total = min(total, asked)
    if total <= 0:
        return [0] * len(claims)
    parts = [total * claim // asked for claim in claims]
    order = sorted(range(len(claims)), key=lambda row: (-(total * claims[row] % asked), lots[row]))
    for row in order[: total - sum(parts)]:
        parts[row] += 1
    return parts
