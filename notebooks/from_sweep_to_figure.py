# %% [markdown]
# # From a sweep's file to a figure
#
# Does a platform that gives more slots of its pages to advertisements sell more or less? A file says what is varied.

# %%
from pathlib import Path

import abm
from abm.study.sweep.drive import sweep

Path("slots.toml").write_text("""
scenario = "tiny"
seeds    = 3
measures = ["orders", "gmv_usd", "experienced_surplus"]

[vary]
days                = [10]
warmup              = [10]
consumers           = [500]
platform.paid_share = [0.0, 0.25, 0.5]
""")
done = sweep("slots.toml", out="slots")
done.lived, done.skipped, len(done.failed)

# %% [markdown]
# The same call again lives nothing: what is there is there. At a terminal, `entrepot sweep slots.toml` does the same on
# all cores, or on a cluster.

# %%
assert sweep("slots.toml", out="slots").skipped == 9
found = abm.open_sweep("slots")
found.summary.groupby("vary.platform.paid_share")[["orders", "gmv_usd"]].mean().round(2)

# %% [markdown]
# Runs of the same seed share their luck, so that differences from the run without advertisements, seed by seed, are
# surer than the means. The figure shows each seed, and their mean.

# %%
sales = found.summary.pivot(index="vary.platform.paid_share", columns="seed", values="gmv_usd")
change = sales - sales.loc[0.0]
assert change.shape == (3, 3)
axes = change.plot(color="0.7", legend=False, xlabel="part of slots sold", ylabel="USD/day, against none")
figure = change.mean(axis=1).plot(ax=axes, color="C0", marker="o", title="Sales with advertisements, less without")
