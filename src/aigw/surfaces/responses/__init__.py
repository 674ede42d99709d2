"""`responses`, shaped as OpenAI's."""
