"""What a manifest may say: read strictly, judged whole, compiled into a snapshot. Pure."""
