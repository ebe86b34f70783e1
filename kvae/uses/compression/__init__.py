"""Lossless and lossy compression with a learnt VAE, in a code that every machine can read."""
