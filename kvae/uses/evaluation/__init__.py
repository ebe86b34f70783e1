"""What `mode=evaluate` measures of a learnt VAE: codes, likelihood, and what codes tell about labels."""
