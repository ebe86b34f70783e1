"""One file per peer: `learn(task)` and, where it can, `recognise(task)` give a function that does the work once.

The function returns the observations that it worked on. All peers have one network, optimizer and objective.
"""
