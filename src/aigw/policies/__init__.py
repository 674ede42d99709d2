"""Pure rules the stages consult: they decide, and never wait."""
