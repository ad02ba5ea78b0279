# %% [markdown]
# # A first run
#
# China and the United States, one kind of goods, seventeen firms: the smallest world that has all nine kinds of firm.
# A market lives day by day; what was measured is a table with a row per day.

# %%
from abm import Market, load

market = Market(load("tiny", set={"consumers": 1000, "warmup": 30}), seed=1)
market.run(30)
daily = market.daily.set_index("date")
daily[["visits", "orders", "gmv_usd", "conversion", "fill_rate", "delivery_days"]].tail()

# %% [markdown]
# Firms are Mesa agents; their attributes are the columns of one row of a table.

# %%
for firm in market.agents:
    if firm.kind_name in ("seller", "retailer"):
        print(f"{firm.name:10} {firm.cash / 100:>10,.0f} USD  in {len(firm.chains)} chains")

# %% [markdown]
# What does a pack cost at the door, and how much of that is duty and tax? The exemption of the United States still
# holds in the law of this world, so that only cargo bears duty.

# %%
parts = daily[[f"landed_{part}_usd" for part in ("value", "freight", "duty", "vat", "handling")]].mean()
assert abs(parts.sum() - daily["coupon_usd"].mean() - daily["landed_price_usd"].mean()) < 0.5
parts.round(2)

# %% [markdown]
# The same seed is the same luck. Without the exemption, only what follows from that differs.

# %%
rule = {"dest": "US", "channel": "parcel", "from": "2024-07-10", "value_hi": 800, "ad_valorem": "MFN"}
reformed = Market(load("tiny", set={"consumers": 1000, "warmup": 30, "borders": [rule]}), seed=1)
reformed.run(30)
change = reformed.daily.set_index("date")["parcel_duty_usd"] - daily["parcel_duty_usd"]
assert (change.iloc[:9] == 0).all()  # identical until the rule holds
assert change.iloc[9:].sum() > 0

figure = change.plot(ylabel="USD/day", title="Duty on parcels, with the rule less without")
