"""Likelihoods p(x|z): what a decoder's output means, a file per distribution.

A likelihood's name is that of its file, its class the same in capitals: `negative_binomial.py` holds
`NegativeBinomial`. `kvae.likelihoods.lookup` finds them so; a file like the others is all that one needs.
"""
