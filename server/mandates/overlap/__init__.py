"""The overlap method: plain tables of dated legal positions in, findings out.

This package knows nothing of RDF, files or HTTP. ``docs/method.md`` is its definition in prose;
`mandates.overlap.reference` the same in plain Python; `mandates.overlap.engine` the same in SQL,
for worlds of a million mandates.
"""
