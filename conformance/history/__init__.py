"""The runs of a history: what each has to tell after the earlier ones, and what they show together."""
