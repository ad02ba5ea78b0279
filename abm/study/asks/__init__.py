"""Questions that take many runs: what fails worst, what matters, what fits the facts, and which policy is best."""
