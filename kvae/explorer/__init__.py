"""What a page needs to explore a learnt VAE: some observations, their codes, and the decoder as steps."""
