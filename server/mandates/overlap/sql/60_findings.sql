-- Findings: one for each maximal interval of a relation between actors in a cell.
CREATE TABLE parted AS
SELECT * EXCLUDE (fresh),
  (sum(fresh) OVER (
    PARTITION BY relation, a, b, function_cell, subject_cell ORDER BY since, until))::INTEGER AS part
FROM (
  SELECT *,
    coalesce(since > max(until) OVER (
      PARTITION BY relation, a, b, function_cell, subject_cell ORDER BY since, until
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true)::INTEGER AS fresh
  FROM gathered
);

DROP TABLE gathered;

CREATE TABLE found AS
WITH summed AS (
  SELECT relation, a, b, function_cell, subject_cell, part,
    min(since) AS since, max(until) AS until,
    (sum(support) FILTER (WHERE $live))::BIGINT AS support,
    (sum(certain_support) FILTER (WHERE $live))::BIGINT AS certain_support,
    min(certain_since) FILTER (WHERE $live) AS certain_since,
    max(certain_until) FILTER (WHERE $live) AS certain_until,
    max(ranks[1]) FILTER (WHERE $live) // 4503599627370496 AS points
  FROM parted
  GROUP BY relation, a, b, function_cell, subject_cell, part
  HAVING count(*) FILTER (WHERE $live) > 0
), spread AS (
  SELECT *,
    (sum(support) OVER (
      PARTITION BY a, b, function_cell, subject_cell,
        CASE WHEN relation IN ($duplication, $overlap, $coordinated_overlap) THEN 0
          ELSE relation END))::BIGINT AS spread
  FROM summed
)
SELECT relation, a, b, function_cell, subject_cell, part, -1 AS polity, since, until, support,
  certain_support, (certain_support > 0)::INTEGER AS certain,
  coalesce(certain_since, until) AS certain_since, coalesce(certain_until, until) AS certain_until,
  points * (1000 - $spread // spread) * w.weight // 10000000 AS score,
  points, spread, -1 AS figure
FROM spread JOIN relation_weight w USING (relation);
