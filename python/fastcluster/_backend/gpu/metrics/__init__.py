"""Scores of clusterings on a GPU."""
