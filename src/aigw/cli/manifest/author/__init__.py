"""Commands for whoever writes a manifest."""
