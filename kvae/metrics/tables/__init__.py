"""How like a generated table is to a real one, what it is good for, and what it gives away.

Rows are arrays `(n, n_columns)` as `data=table` reads them: numbers in their own units, the number of a category,
and NaN where a value is missing. `columns` say which is which.
"""
