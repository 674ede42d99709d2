"""OpenAI's Chat Completions and embeddings, and all that speak them."""
