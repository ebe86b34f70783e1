"""Sweeps: each job runs in a process of its own, and the results of all jobs are summarised."""
