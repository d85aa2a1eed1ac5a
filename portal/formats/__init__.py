"""How dates are written: day, month as a word, year, 24 hours. Unmistakable on both sides of an ocean."""
