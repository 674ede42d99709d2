"""Who may say what the manifest is: envelopes, keys, the chain of trust, and the verifier of signatures.

Pure, but for `keys`, which reads and writes files.
"""
