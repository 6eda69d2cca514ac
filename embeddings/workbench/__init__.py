"""Trains, measures and exports the models that are served. Only this package imports PyTorch and scikit-learn."""
