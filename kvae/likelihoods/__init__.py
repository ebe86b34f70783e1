"""Likelihoods p(x|z): what a decoder's output means, a file per distribution.

A likelihood has the name of its file, and its class the same name in CamelCase: `negative_binomial.py` defines
`NegativeBinomial`. `kvae.likelihoods.lookup` finds it by that name: to add a likelihood, add such a file.
"""
