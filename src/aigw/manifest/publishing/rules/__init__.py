"""What authors are told that the reader of a manifest accepts: one small function a rule, with what it is for."""
