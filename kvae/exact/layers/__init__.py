"""Exact counterparts of Keras's layers, a file per kind of layer.

A counterpart is a function of a `Call` that gives an `Operation`, with `@of_layers("Dense")` above it, or
`@of_operations("Add")` for what `keras.ops` and operators put into a graph. A layer of your own may bring its
counterpart itself, as a method `exact(call)`.
"""
