"""How fast the model is, as ratios that anyone can measure again: in one process, round by round, against its peers."""
