"""Live values to many sessions at once: ours, the article's own way, and a bare relay, in one run."""
