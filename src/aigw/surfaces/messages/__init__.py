"""`messages`, shaped as Anthropic's."""
