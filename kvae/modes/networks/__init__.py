"""What commands do with a network of modules, `network=...`: building, learning, recognising, generating."""
