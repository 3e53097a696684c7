"""What was sent and what came back, as plain values: exchanges, their streams, and where they are kept."""
