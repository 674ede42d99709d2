"""The words of a call: canonical requests, answers and events, and the public response models."""
