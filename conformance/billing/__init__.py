"""What replies say of tokens, and what those cost."""
