"""Exact counterparts of Keras's layers, a file per kind of layer.

A counterpart is a function of a `Call` that gives an `Operation`, with `@of_layers("Dense")` above it, or
`@of_operations("Add")` for operations of `keras.ops` and operators in a graph. A layer of your own may define its
counterpart itself, as a method `exact(call)`.
"""
