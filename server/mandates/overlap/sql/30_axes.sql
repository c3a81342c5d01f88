-- Sets of layers, addressees or territories: the closest members, and who covers whom.
-- $axis
CREATE TABLE ${axis}_pair AS
SELECT a, b, similarity::SMALLINT AS similarity, over::TINYINT AS over, under::TINYINT AS under,
  known = 1 AS known
FROM (
  SELECT x.id AS a, y.id AS b, max(c.similarity) AS similarity,
    (count(DISTINCT y.concept) FILTER (WHERE c.over = 1) = max(sy.size))::INTEGER AS over,
    (count(DISTINCT x.concept) FILTER (WHERE c.under = 1) = max(sx.size))::INTEGER AS under,
    1 AS known
  FROM ${axis}_member x JOIN comparable c ON c.a = x.concept JOIN ${axis}_member y ON y.concept = c.b
  JOIN ${axis}_set sx ON sx.id = x.id JOIN ${axis}_set sy ON sy.id = y.id
  GROUP BY x.id, y.id
  UNION ALL SELECT -1, id, $unknown, 1, 1, 0 FROM ${axis}_set
  UNION ALL SELECT id, -1, $unknown, 1, 1, 0 FROM ${axis}_set
  UNION ALL SELECT -1, -1, $unknown, 1, 1, 0
)
WHERE similarity > 0;
