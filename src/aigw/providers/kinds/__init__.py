"""The kinds of provider, as data."""
