"""What platform engineers do with a manifest before a process sees it: write, judge, compare, build, sign, publish."""
