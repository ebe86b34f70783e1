"""Lossless and lossy compression with a learnt VAE, by code that every machine can read."""
