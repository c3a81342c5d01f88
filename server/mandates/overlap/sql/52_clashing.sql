-- Conflicts in one hand: functions that should be kept apart.

CREATE TABLE clash AS
SELECT DISTINCT p.lower AS a, q.lower AS b
FROM incompatible i JOIN ancestor p ON p.upper = i.a JOIN ancestor q ON q.upper = i.b
WHERE p.lower <> q.lower;

CREATE TABLE clashing AS
SELECT x.first AS first_a, y.first AS first_b, x.actor, -1 AS function_cell, s.cell AS subject_cell,
  t.known AND l.known AS known, x.subject AS subject_a, y.subject AS subject_b,
  s.similarity AS subject_similarity, l.similarity AS layer_similarity,
  t.similarity AS territory_similarity,
  x.alike::BIGINT * y.alike AS pairs, greatest(x.since, y.since) AS since,
  least(x.until, y.until) AS until, greatest(x.sure_since, y.sure_since) AS sure_since,
  least(x.sure_until, y.sure_until) AS sure_until,
  ($w_subject::BIGINT * s.similarity + $w_layer::BIGINT * l.similarity
    + $w_territory::BIGINT * t.similarity) // ($w_subject + $w_layer + $w_territory) AS points
FROM (SELECT * FROM stand WHERE norm <> 3 AND function IN (SELECT a FROM clash)) x
JOIN comparable s ON s.a = x.subject
JOIN (SELECT * FROM stand WHERE norm <> 3 AND function IN (SELECT b FROM clash)) y
  ON y.subject = s.b AND y.actor = x.actor AND x.since < y.until AND y.since < x.until
JOIN clash c ON c.a = x.function AND c.b = y.function
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
JOIN place_pair t ON t.a = x.ground // $concepts AND t.b = y.ground // $concepts
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = s.lower
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = s.lower
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE v.a IS NULL AND coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
QUALIFY row_number() OVER (
  PARTITION BY x.first, y.first, s.cell
  ORDER BY s.similarity DESC, x.subject, y.subject) = 1;

INSERT INTO gathered_others
SELECT $conflict_of_functions, actor, -1, function_cell, subject_cell, since, until, sum(pairs),
  sum(pairs) FILTER (WHERE known AND sure_since < sure_until),
  min(sure_since) FILTER (WHERE known AND sure_since < sure_until),
  max(sure_until) FILTER (WHERE known AND sure_since < sure_until),
  max(ranked(points, first_a, first_b), $limit)
FROM clashing GROUP BY actor, function_cell, subject_cell, since, until;
