"""Nearest rows, by the own search or by FAISS."""
