"""How requests are sent: the HTTP client, its pace and retries, and the first request to each model."""
