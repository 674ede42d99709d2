"""Governed pass-through: dialects whose bodies go out as the caller wrote them."""
