"""The data of the explorer in a report: observations, their codes, and the decoder as a program."""
