"""Where a requirement meets an exchange: findings and verdicts."""
