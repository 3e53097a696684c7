"""The matrix of vendors: what the bundles say that each submitted, judged by one suite, as a static site."""
