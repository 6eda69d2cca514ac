"""From text to vectors and what is read off them: retrieval, sentiment, relevance; training lives in workbench."""
