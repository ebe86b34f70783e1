"""What draws of codes are made of: what is known of a row, proposals, weights, and Markov chains."""
