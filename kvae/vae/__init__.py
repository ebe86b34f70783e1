"""The parts of `kvae.VAE`, which `kvae.model` puts together."""
