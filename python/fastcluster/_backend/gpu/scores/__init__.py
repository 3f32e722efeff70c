"""float16 scores of all pairs, the proof of what they decide, and float64 for the rest."""
