"""Networks of any modules, as `network=...` describes them: their order, how they learn, what they say."""
