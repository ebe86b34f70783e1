"""Sweeps: a process for every job, and a result from all of them."""
