"""One run: what it plans, sends, keeps in its folder and judges."""
