"""Ollama's own chat and embeddings."""
