"""Pages of the documentation site that are made from the code and the configs when the site is built."""
