"""How a process comes by its manifest: fetched, verified, put into force, kept, and followed."""
