"""Cohere's v2 chat and embeddings."""
