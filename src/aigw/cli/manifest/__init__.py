"""`aigw manifest …`: write, review, release and operate the document that steers every process."""

from typing import Final

CHANGED: Final = 2
"""The exit code of a command that was asked whether something changes, and found that it does."""
