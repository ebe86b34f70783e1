"""Hydra sweepers, which make the jobs of a sweep; Hydra finds them in this namespace. See `kvae.config`."""
