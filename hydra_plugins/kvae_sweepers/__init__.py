"""Ways to make the jobs of a sweep; Hydra finds them in this namespace, their rules stand in `kvae.config`."""
