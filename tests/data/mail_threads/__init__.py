"""Real-looking threads of mail in eight languages and ten clients, made by a generator that knows who wrote what."""
