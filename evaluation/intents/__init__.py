"""A set of texts with the intents of a bank's customers, to measure tuning with: written once from language of ours."""
