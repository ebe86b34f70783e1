"""Translations of Keras's layers and operations into steps of a page, a file per kind."""
