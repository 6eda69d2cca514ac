-- From which cosine on two texts say the same to a model, as measured at its gate; none: as for the one that ships.
ALTER TABLE embedding_models ADD COLUMN same_from double precision;
