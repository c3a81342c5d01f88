"""SPARQL 1.1 Protocol as pure functions, and the processes that answer queries."""
