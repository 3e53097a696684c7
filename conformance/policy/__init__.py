"""What a run is held to: a revision of the contract, and a baseline of accepted violations."""
