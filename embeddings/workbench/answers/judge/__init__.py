"""How the judge of passages is made: the model, its fine-tuning on other companies, its calibration and export."""
