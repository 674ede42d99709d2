"""`chat.completions`, shaped as OpenAI's."""
