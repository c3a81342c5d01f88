-- What supports a finding, for how long, and how many pairs it stands for, gathered by equal dates.

-- rank puts the strongest first: by points, then by the names of the two holdings.
CREATE MACRO ranked(points, p, q) AS
  points::BIGINT * 4503599627370496 + (67108863 - p)::BIGINT * 67108864 + (67108863 - q);

CREATE TABLE gathered (
  relation TINYINT, a INTEGER, b INTEGER, function_cell INTEGER, subject_cell INTEGER,
  since BIGINT, until BIGINT, support BIGINT, certain_support BIGINT,
  certain_since BIGINT, certain_until BIGINT, ranks BIGINT[]
);

-- Two holdings at once, cut where the tie between their holders changes.
CREATE VIEW together AS
WITH pieced AS (
  SELECT p.* EXCLUDE (alike), t.tie IS NOT NULL AND t.tie > 0 AND t.upper = p.b AS turned,
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
    greatest(x.since, y.since, coalesce(t.since, x.since)) AS since,
    least(x.until, y.until, coalesce(t.until, x.until)) AS until,
    greatest(x.sure_since, y.sure_since, coalesce(t.since, x.since)) AS sure_since,
    least(x.sure_until, y.sure_until, coalesce(t.until, x.until)) AS sure_until,
    x.first AS first_a, y.first AS first_b, x.alike::BIGINT * y.alike AS alike
  FROM pair p
  LEFT JOIN phase t ON t.a = p.a AND t.b = p.b AND NOT p.rival
  JOIN span x ON x.class = p.class_a
  JOIN span y ON y.class = p.class_b AND x.since < y.until AND y.since < x.until
)
SELECT relation, exclusive,
  CASE WHEN turned THEN b ELSE a END AS a, CASE WHEN turned THEN a ELSE b END AS b,
  function_cell, subject_cell, since, until, known AND sure_since < sure_until AS certain,
  sure_since, sure_until, alike,
  CASE WHEN turned THEN ranked(points, first_b, first_a)
    ELSE ranked(points, first_a, first_b) END AS rank
FROM pieced
WHERE since < until;

INSERT INTO gathered
SELECT relation, a, b, function_cell, subject_cell, since, until, sum(alike),
  sum(CASE WHEN certain THEN alike ELSE 0 END),
  min(CASE WHEN certain THEN sure_since END), max(CASE WHEN certain THEN sure_until END),
  max(rank, $limit)
FROM together GROUP BY relation, a, b, function_cell, subject_cell, since, until;

INSERT INTO gathered
SELECT $conflict_of_exclusivity, a, b, function_cell, subject_cell, since, until, sum(alike),
  sum(CASE WHEN certain THEN alike ELSE 0 END),
  min(CASE WHEN certain THEN sure_since END), max(CASE WHEN certain THEN sure_until END),
  max(rank, $limit)
FROM together
WHERE exclusive
  AND relation IN ($duplication, $overlap, $coordinated_overlap, $unsaved_overlap)
GROUP BY a, b, function_cell, subject_cell, since, until;

-- Succession: one after the other, the same mandate with no holder between, or linked actors.
CREATE VIEW followed AS
WITH ordered AS (
  SELECT p.* EXCLUDE (alike), x.until > y.since AS turned,
    CASE WHEN x.until <= y.since THEN y.since ELSE x.since END AS since,
    CASE WHEN x.until <= y.since THEN y.until ELSE x.until END AS until,
    CASE WHEN x.until <= y.since THEN x.until ELSE y.until END AS ended,
    CASE WHEN x.until <= y.since THEN y.sure_since ELSE x.sure_since END AS sure_since,
    CASE WHEN x.until <= y.since THEN y.sure_until ELSE x.sure_until END AS sure_until,
    p.known AND x.sure_since < x.sure_until AND y.sure_since < y.sure_until AS certain,
    x.first AS first_a, y.first AS first_b, x.alike::BIGINT * y.alike AS alike,
    CASE WHEN x.until <= y.since THEN cx.reading ELSE cy.reading END AS reading,
    cx.shared AS mandate
  FROM pair p
  JOIN class cx ON cx.id = p.class_a
  JOIN class cy ON cy.id = p.class_b
  JOIN span x ON x.class = p.class_a
  JOIN span y ON y.class = p.class_b AND (x.until <= y.since OR y.until <= x.since)
  LEFT JOIN (SELECT DISTINCT a, b FROM phase WHERE linked = 1) l ON l.a = p.a AND l.b = p.b
  WHERE NOT p.rival AND (p.same OR l.a IS NOT NULL)
)
SELECT * FROM ordered o
WHERE NOT same OR NOT EXISTS (
  SELECT 1 FROM held h
  LEFT JOIN rivalry v ON v.a = h.reading AND v.b = o.reading
  WHERE h.mandate = o.mandate AND h.since >= o.ended AND h.since < o.since AND v.a IS NULL);

INSERT INTO gathered
SELECT $succession, CASE WHEN turned THEN b ELSE a END, CASE WHEN turned THEN a ELSE b END,
  function_cell, subject_cell, since, until, sum(alike),
  sum(CASE WHEN certain THEN alike ELSE 0 END),
  min(CASE WHEN certain THEN sure_since END), max(CASE WHEN certain THEN sure_until END),
  max(CASE WHEN turned THEN ranked(points, first_b, first_a)
    ELSE ranked(points, first_a, first_b) END, $limit)
FROM followed GROUP BY ALL;
