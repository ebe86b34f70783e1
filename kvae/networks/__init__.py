"""Encoders and decoders, a file per kind, and what makes a pair of them."""
