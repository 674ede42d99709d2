"""Where releases are kept: a folder, a server that takes PUT, an S3-compatible bucket, a bucket of Google's."""
