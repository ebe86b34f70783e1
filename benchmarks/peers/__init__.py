"""One file per peer: `learn(task)` and, if it has one, `recognise(task)` return a function of the work.

That function returns the number of processed observations. All peers have the same networks, optimizer and
objective.
"""
