"""Likelihoods of a table's columns, a file per distribution: the parts of `kvae.likelihoods.table`.

As in `kvae.likelihoods`, a likelihood has the name of its file, and its class the same name in CamelCase:
`log_normal.py` defines `LogNormal`. `kvae.likelihoods.columns.lookup` finds it by that name.
"""
