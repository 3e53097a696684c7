"""What the endpoint is required to do: requirements, the requests that show them, and what they are derived from."""
