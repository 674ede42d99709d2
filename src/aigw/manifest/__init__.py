"""The routing manifest: read strictly, compiled into a snapshot, followed at its source, never served when bad."""
