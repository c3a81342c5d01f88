-- What supports a finding, for how long, and how many pairs it stands for, gathered by equal dates.

-- Two holdings at once, cut where the tie between their holders changes. Where there is none, greatest
-- and least pass over its dates.
CREATE VIEW together AS
WITH pieced AS (
  SELECT p.*, t.tie IS NOT NULL AND t.tie > 0 AND t.upper = p.b AS turned,
    CASE
      WHEN rival THEN $contested_holding
      WHEN t.tie = 1 THEN $oversight
      WHEN t.tie = 2 THEN $delegation
      WHEN (coalesce(t.linked, 0) = 1 OR same) AND (coalesce(t.saved, 0) = 1 OR transitional)
        THEN $transition
      WHEN t.linked = 1 THEN $unsaved_overlap
      WHEN same THEN $overlap_by_designation
      WHEN p.mitigation >= 0 THEN $coordinated_overlap
      WHEN p.over AND p.under AND p.alike THEN $duplication
      ELSE $overlap
    END AS relation,
    greatest(p.since, t.since) AS piece_since, least(p.until, t.until) AS piece_until,
    greatest(p.sure_since, t.since) AS own_since, least(p.sure_until, t.until) AS own_until
  FROM pair p
  LEFT JOIN phase t ON t.a = p.a AND t.b = p.b AND NOT p.rival
  WHERE p.since < p.until
), doubted AS (
  -- What a condition makes of two hangs on the condition, too.
  SELECT *,
    CASE WHEN relation = $coordinated_overlap THEN greatest(own_since, asked_since)
      ELSE own_since END AS certain_since,
    CASE WHEN relation = $coordinated_overlap THEN least(own_until, asked_until)
      ELSE own_until END AS certain_until
  FROM pieced
)
SELECT relation, exclusive,
  CASE WHEN turned THEN b ELSE a END AS a, CASE WHEN turned THEN a ELSE b END AS b,
  function_cell, subject_cell, piece_since AS since, piece_until AS until,
  known AND certain_since < certain_until AS certain, certain_since, certain_until,
  known AND own_since < own_until AS own_certain, own_since, own_until, pairs,
  CASE WHEN turned THEN ranked(points, first_b, first_a)
    ELSE ranked(points, first_a, first_b) END AS rank
FROM doubted
WHERE piece_since < piece_until;

INSERT INTO gathered_others
SELECT relation, a, b, function_cell, subject_cell, since, until, sum(pairs),
  sum(pairs) FILTER (WHERE certain),
  min(certain_since) FILTER (WHERE certain), max(certain_until) FILTER (WHERE certain),
  max(rank, $limit)
FROM together GROUP BY relation, a, b, function_cell, subject_cell, since, until;

INSERT INTO gathered_others
SELECT $conflict_of_exclusivity, a, b, function_cell, subject_cell, since, until, sum(pairs),
  sum(pairs) FILTER (WHERE own_certain),
  min(own_since) FILTER (WHERE own_certain), max(own_until) FILTER (WHERE own_certain),
  max(rank, $limit)
FROM together
WHERE exclusive
  AND relation IN ($duplication, $overlap, $coordinated_overlap, $unsaved_overlap)
GROUP BY a, b, function_cell, subject_cell, since, until;

-- Succession: one after the other, the same mandate with no holder between, or linked actors.
CREATE VIEW followed AS
WITH ordered AS (
  SELECT p.a, p.b, p.function_cell, p.subject_cell, p.first_a, p.first_b, p.points, p.pairs, p.same,
    x.until > y.since AS turned,
    CASE WHEN x.until <= y.since THEN y.since ELSE x.since END AS since,
    CASE WHEN x.until <= y.since THEN y.until ELSE x.until END AS until,
    CASE WHEN x.until <= y.since THEN x.until ELSE y.until END AS ended,
    CASE WHEN x.until <= y.since THEN y.sure_since ELSE x.sure_since END AS certain_since,
    CASE WHEN x.until <= y.since THEN y.sure_until ELSE x.sure_until END AS certain_until,
    p.known AND x.sure_since < x.sure_until AND y.sure_since < y.sure_until AS certain,
    CASE WHEN x.until <= y.since THEN x.reading ELSE y.reading END AS reading,
    x.shared AS mandate
  FROM pair p
  LEFT JOIN (SELECT DISTINCT a, b FROM phase WHERE linked = 1) l ON l.a = p.a AND l.b = p.b
  JOIN span x ON x.first = p.first_a
  JOIN span y ON y.first = p.first_b
  WHERE p.until <= p.since AND NOT p.rival AND (p.same OR l.a IS NOT NULL)
), taken AS (
  -- Somebody else held the mandate in between.
  SELECT DISTINCT o.mandate, o.ended, o.since, o.reading
  FROM ordered o
  JOIN held h ON h.mandate = o.mandate AND h.since >= o.ended AND h.since < o.since
  LEFT JOIN rivalry v ON v.a = h.reading AND v.b = o.reading
  WHERE o.same AND v.a IS NULL
)
SELECT o.* FROM ordered o
LEFT JOIN taken t ON t.mandate = o.mandate AND t.ended = o.ended AND t.since = o.since
  AND t.reading = o.reading
WHERE NOT same OR t.mandate IS NULL;

INSERT INTO gathered_others
SELECT $succession, CASE WHEN turned THEN b ELSE a END, CASE WHEN turned THEN a ELSE b END,
  function_cell, subject_cell, since, until, sum(pairs), sum(pairs) FILTER (WHERE certain),
  min(certain_since) FILTER (WHERE certain), max(certain_until) FILTER (WHERE certain),
  max(CASE WHEN turned THEN ranked(points, first_b, first_a)
    ELSE ranked(points, first_a, first_b) END, $limit)
FROM followed GROUP BY ALL;
