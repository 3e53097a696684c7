"""Real clients read recorded exchanges: what of a reply survives in them, and on what they raise."""
