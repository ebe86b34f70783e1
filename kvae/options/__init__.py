"""Rules for the values of keys and arguments, in words and as checks."""
