"""How scenario files are read: laid over each other, and checked, all errors told at once."""
