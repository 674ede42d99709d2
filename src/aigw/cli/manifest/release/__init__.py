"""Commands that build, sign and publish a manifest."""
