"""Runs of the suite against gateways that others wrote, with a pretended upstream behind them."""
