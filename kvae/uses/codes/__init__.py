"""Parts of the inference of codes: likelihood of known values, proposals, importance weights, Markov chains."""
