"""The shipped kinds: one file each, collected by `schemas.catalog.shipped_kinds`."""
