"""How results are shown: in words, in figures, in one page."""
