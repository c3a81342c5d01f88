-- The strongest kinds of supporting pair of each finding.
-- rank puts them in order: what was gathered at once is no more than needed.
CREATE TABLE exhibit_${part} AS
WITH ranked_pair AS (
  SELECT f.id AS finding, f.pieces, p.subject_cell, p.since, p.until, unnest(p.ranks) AS rank
  FROM gathered_${part} p
  JOIN finding_${part} f ON f.relation = p.relation AND f.a = p.a AND f.b = p.b
    AND f.function_cell = p.function_cell AND f.subject_cell = p.subject_cell
    AND f.since <= p.since AND p.until <= f.until
  WHERE $live_part
)
SELECT finding, subject_cell, since, until, rank FROM ranked_pair WHERE pieces = 1
UNION ALL
SELECT finding, subject_cell, since, until, rank FROM (
  SELECT finding, subject_cell, since, until, rank,
    row_number() OVER (PARTITION BY finding ORDER BY rank DESC, since) AS position
  FROM ranked_pair WHERE pieces > 1
)
WHERE position <= $limit;
