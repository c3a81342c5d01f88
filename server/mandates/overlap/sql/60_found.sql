-- Findings, related assignments apart from others: one for each maximal interval of a relation
-- between actors in a cell.

-- Where one interval is as long as all together, they are one. Only for the others must the dates be
-- put in order.
CREATE TABLE grouped_${part} AS
SELECT relation, a, b, function_cell, subject_cell, min(since) AS since, max(until) AS until,
  max(until - since) = max(until) - min(since) AS whole, count(*) AS pieces,
  count(*) FILTER (WHERE $live) > 0 AS stands,
  (sum(support) FILTER (WHERE $live))::BIGINT AS support,
  (sum(certain_support) FILTER (WHERE $live))::BIGINT AS certain_support,
  min(certain_since) FILTER (WHERE $live) AS certain_since,
  max(certain_until) FILTER (WHERE $live) AS certain_until,
  max(ranks[1]) FILTER (WHERE $live) AS rank
FROM gathered_${part} GROUP BY relation, a, b, function_cell, subject_cell;

CREATE TABLE parted_${part} AS
SELECT relation, a, b, function_cell, subject_cell, min(since) AS since, max(until) AS until,
  count(*) AS pieces, count(*) FILTER (WHERE $live) > 0 AS stands,
  (sum(support) FILTER (WHERE $live))::BIGINT AS support,
  (sum(certain_support) FILTER (WHERE $live))::BIGINT AS certain_support,
  min(certain_since) FILTER (WHERE $live) AS certain_since,
  max(certain_until) FILTER (WHERE $live) AS certain_until,
  max(rank) FILTER (WHERE $live) AS rank, any_value(total) AS total
FROM (
  SELECT *, sum(fresh) OVER (
      PARTITION BY relation, a, b, function_cell, subject_cell ORDER BY since, until) AS part
  FROM (
    SELECT p.* EXCLUDE (ranks), p.ranks[1] AS rank, g.support AS total,
      coalesce(p.since > max(p.until) OVER (
        PARTITION BY p.relation, p.a, p.b, p.function_cell, p.subject_cell
        ORDER BY p.since, p.until
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true)::INTEGER AS fresh
    FROM gathered_${part} p
    JOIN (SELECT * FROM grouped_${part} WHERE NOT whole) g
      ON g.relation = p.relation AND g.a = p.a AND g.b = p.b
      AND g.function_cell = p.function_cell AND g.subject_cell = p.subject_cell
  )
)
GROUP BY relation, a, b, function_cell, subject_cell, part;

-- Breadth counts all pairs of two actors in a cell, whichever of the overlaps they are.
CREATE TABLE family_${part} AS
SELECT a, b, function_cell, subject_cell, sum(support)::BIGINT AS total
FROM grouped_${part} WHERE relation IN ($duplication, $overlap, $coordinated_overlap)
GROUP BY a, b, function_cell, subject_cell;

CREATE TABLE found_${part} AS
SELECT relation, a, b, function_cell, subject_cell, 0 AS part, -1 AS polity, since, until, support,
  certain_support, (certain_support > 0)::INTEGER AS certain,
  coalesce(certain_since, until) AS certain_since, coalesce(certain_until, until) AS certain_until,
  points * (1000 - $spread // spread) * w.weight // 10000000 AS score, points, spread, -1 AS figure,
  pieces
FROM (
  SELECT g.relation, g.a, g.b, g.function_cell, g.subject_cell, since, until, support,
    coalesce(certain_support, 0) AS certain_support, certain_since, certain_until, pieces,
    ranked_points(rank) AS points, coalesce(f.total, g.total) AS spread
  FROM (
    SELECT relation, a, b, function_cell, subject_cell, since, until, support, certain_support,
      certain_since, certain_until, rank, pieces, support AS total
    FROM grouped_${part} WHERE whole AND stands
    UNION ALL
    SELECT relation, a, b, function_cell, subject_cell, since, until, support, certain_support,
      certain_since, certain_until, rank, pieces, total
    FROM parted_${part} WHERE stands
  ) g
  LEFT JOIN family_${part} f ON g.relation IN ($duplication, $overlap, $coordinated_overlap)
    AND f.a = g.a AND f.b = g.b AND f.function_cell = g.function_cell
    AND f.subject_cell = g.subject_cell
) JOIN relation_weight w USING (relation);
