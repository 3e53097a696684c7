"""The pytest plugin: options, fixtures and hooks, and the session that becomes a report."""
