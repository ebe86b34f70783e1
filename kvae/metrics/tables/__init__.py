"""How similar a generated table is to a real one, how useful it is, and what it reveals about learning rows.

Rows are arrays `(n, n_columns)` as `data=table` reads them: numbers in their own units, the number of a category,
and NaN where a value is missing. `columns` say which is which.
"""
