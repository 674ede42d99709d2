"""aigw, the in-process AI gateway."""
