"""Theory, reproduced by the market's own kernels and rules: families of cases, cases that come along, their table."""
