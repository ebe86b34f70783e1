"""What `mode=evaluate` measures on a learnt VAE: its codes, its likelihood, and what its codes say of labels."""
