"""Commands for whoever watches processes follow a manifest."""
