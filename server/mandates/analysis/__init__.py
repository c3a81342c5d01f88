"""Put the overlap method to a dataset: from a store to plain tables, and from findings to RDF."""
