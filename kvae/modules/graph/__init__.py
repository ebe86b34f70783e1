"""Networks of any modules, as `network=...` describes them: their order, data, inference and training."""
