"""From process to process: one bridge speaks on a Redis, any number of dashboards follow and ask."""
