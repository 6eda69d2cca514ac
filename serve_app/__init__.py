"""The doors of the product: what is started here, and who may call it."""
