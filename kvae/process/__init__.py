"""The process that a command runs in: its log, its terminal, its signals, and where it finds packages."""
