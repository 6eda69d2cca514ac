"""Training, evaluation and export of the models that the product serves: the only place for torch and scikit-learn."""
