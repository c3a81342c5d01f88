-- Sets of layers, addressees or territories: the closest members, and who covers whom.
CREATE TABLE ${part}_near AS
WITH near AS (
  SELECT x.id, c.b AS concept, max(c.similarity) AS similarity, max(c.over) AS over
  FROM ${part}_member x JOIN comparable c ON c.a = x.concept GROUP BY x.id, c.b
)
SELECT near.id AS a, y.id AS b, max(near.similarity) AS similarity,
  (sum(near.over) = any_value(s.size))::TINYINT AS over
FROM near
JOIN ${part}_member y ON y.concept = near.concept
JOIN ${part}_set s ON s.id = y.id
GROUP BY near.id, y.id;

CREATE TABLE ${part}_pair AS
SELECT x.a, x.b, x.similarity, x.over, y.over AS under, true AS known
FROM ${part}_near x JOIN ${part}_near y ON y.a = x.b AND y.b = x.a
UNION ALL
SELECT a, b, $unknown, 1, 1, false
FROM (
  SELECT -1 AS a, id AS b FROM ${part}_set
  UNION ALL SELECT id, -1 FROM ${part}_set
  UNION ALL SELECT -1, -1
)
WHERE $unknown > 0;
