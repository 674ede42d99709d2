"""Amazon Bedrock's Converse, and embeddings through its invoke."""
