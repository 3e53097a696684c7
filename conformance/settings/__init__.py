"""What a run is told: options, the configuration file and the environment, as one value."""
