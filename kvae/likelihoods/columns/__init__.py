"""Likelihoods of a table's columns, a file per distribution: what `kvae.likelihoods.table` is put together from.

A likelihood's name is that of its file, its class the same in capitals, as in `kvae.likelihoods`: `log_normal.py`
holds `LogNormal`. `kvae.likelihoods.columns.lookup` finds them so.
"""
