"""Real clients, installed from their registries: `nox -s clients`."""
