"""The choice of a slot by JAX and by torch, where they are installed: the best forms known of each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.study.bench.lanes import Readers

PEERS = ("jax", "torch")


def installed() -> list[str]:
    """Which of the peers are here."""
    return [name for name in PEERS if find_spec(name) is not None]


def by(name: str, of: Readers) -> Callable[[], NDArray[np.int32]]:
    """A call in which a peer chooses a slot for each reader."""
    return by_jax(of) if name == "jax" else by_torch(of)


def by_jax(of: Readers) -> Callable[[], NDArray[np.int32]]:
    """Compiled by XLA: a scan over slots that keeps the running sums, then counts."""
    jax, jnp = import_module("jax"), import_module("jax.numpy")
    pages, each = len(of.feature), of.each
    given = (jnp.asarray(of.feature), jnp.asarray(of.seller), jnp.asarray(of.taste.reshape(pages, each, -1)),
             jnp.asarray(of.last.reshape(pages, each)), jnp.asarray(of.chance.reshape(pages, each)))  # fmt: skip
    scale = float(of.scale)

    def page(one: tuple[Any, ...]) -> Any:
        feature, seller, taste, last, chance = one

        def offer(total: Any, shown: tuple[Any, Any]) -> tuple[Any, Any]:
            f, sells = shown
            value = f[0] * scale + taste[:, :5] @ f[1:] + jnp.where(last == sells, taste[:, 5], 0.0)
            total = total + jnp.exp2(jnp.clip(value, -126.0, 120.0))
            return total, total

        total, running = jax.lax.scan(offer, jnp.zeros(each, jnp.float32), (feature, seller))
        return (running[:-1] <= chance * total).sum(axis=0, dtype=jnp.int32)

    compiled = jax.jit(lambda pages: jax.lax.map(page, pages))
    return lambda: np.asarray(compiled(given)).reshape(-1)


def by_torch(of: Readers) -> Callable[[], NDArray[np.int32]]:
    """Block by block on one thread: a product of matrices, powers of two, running sums, a count."""
    torch = import_module("torch")
    torch.set_num_threads(1)
    feature, seller = torch.from_numpy(of.feature), torch.from_numpy(of.seller)
    taste, last, chance = torch.from_numpy(of.taste), torch.from_numpy(of.last), torch.from_numpy(of.chance)
    scale = float(of.scale)

    def choose() -> NDArray[np.int32]:
        taken = []
        with torch.no_grad():
            for page, mine in of.blocks():
                value = torch.addmm(feature[page, :, 0] * scale, taste[mine, :5], feature[page, :, 1:].T)
                value += (last[mine, None] == seller[page]) * taste[mine, 5:6]
                running = value.clamp_(-126.0, 120.0).exp2_().cumsum_(1)
                taken.append((running[:, :-1] <= (chance[mine] * running[:, -1])[:, None]).sum(1, dtype=torch.int32))
        return np.asarray(torch.cat(taken).numpy(), np.int32)

    return choose
