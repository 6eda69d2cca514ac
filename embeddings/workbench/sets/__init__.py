"""A team's own labelled data: read from files, checked, and made into sets to train and measure with."""
