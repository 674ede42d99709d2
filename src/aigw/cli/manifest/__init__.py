"""`aigw manifest …`: write, review, release and operate the document that steers every process."""
