-- The strongest kinds of supporting pair of each finding, with the reason in full.
-- rank puts them in order: what was gathered at once is no more than needed.
CREATE TABLE exhibit_${part} AS
WITH ranked_pair AS (
  SELECT f.id AS finding, f.pieces, p.relation, p.a, p.b, p.subject_cell, p.since, p.until,
    unnest(p.ranks) AS rank
  FROM gathered_${part} p
  JOIN finding f ON f.relation = p.relation AND f.a = p.a AND f.b = p.b
    AND f.function_cell = p.function_cell AND f.subject_cell = p.subject_cell
    AND f.since <= p.since AND p.until <= f.until
  WHERE $live_part
)
SELECT finding, relation, a, b, subject_cell, since, until, rank,
  (rank // 4503599627370496)::SMALLINT AS points,
  (67108863 - rank % 4503599627370496 // 67108864)::INTEGER AS first_a,
  (67108863 - rank % 67108864)::INTEGER AS first_b, a > b AND b >= 0 AS turned
FROM (
  SELECT * FROM ranked_pair WHERE pieces = 1
  UNION ALL
  SELECT * EXCLUDE (position) FROM (
    SELECT *, row_number() OVER (PARTITION BY finding ORDER BY rank DESC, since) AS position
    FROM ranked_pair WHERE pieces > 1
  )
  WHERE position <= $limit
);
