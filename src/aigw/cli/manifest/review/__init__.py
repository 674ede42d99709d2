"""Commands for whoever reviews a change of a manifest."""
