"""Where requirements are tried: the reference endpoint, and the faults that real servers had."""
