"""How bodies are framed: events, lines, binary frames and forms."""
