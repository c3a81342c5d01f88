-- Conflicts in one hand: a duty against a disability, and functions that should be kept apart.
CREATE VIEW barred AS
WITH either AS (
  SELECT a, b, function_cell, subject_cell, subject, function_similarity, subject_similarity,
    place_similarity, known
  FROM meeting
  UNION ALL
  SELECT b, a, function_cell, subject_cell, subject, function_similarity, subject_similarity,
    place_similarity, known
  FROM meeting WHERE a < b
)
SELECT y.id AS class_b, x.id AS class_a, x.actor, m.function_cell, m.subject_cell,
  m.known AND l.known = 1 AND d.known = 1 AS known,
  ($w_function::BIGINT * m.function_similarity + $w_subject * m.subject_similarity
    + $w_layer::BIGINT * l.similarity + $w_territory * m.place_similarity
    + $w_addressee::BIGINT * d.similarity) // 1000
  * $binding::BIGINT
  * CASE x.leads + y.leads WHEN 2 THEN $lead_both WHEN 1 THEN $lead_one ELSE $lead_none END
  // 1000000 AS points
FROM placed y
JOIN either m ON m.b = y.spot
JOIN placed x ON x.spot = m.a AND x.actor = y.actor AND x.force = 1
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
JOIN addressee_pair d ON d.a = x.addressees AND d.b = y.addressees
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = m.subject
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = m.subject
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE y.force = 3 AND v.a IS NULL
  AND coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
QUALIFY row_number() OVER (
  PARTITION BY x.id, y.id, m.subject_cell ORDER BY m.subject_similarity DESC) = 1;

CREATE TABLE clash AS
SELECT DISTINCT p.lower AS a, q.lower AS b
FROM incompatible i JOIN ancestor p ON p.upper = i.a JOIN ancestor q ON q.upper = i.b
WHERE p.lower <> q.lower;

CREATE VIEW clashing AS
SELECT x.id AS class_a, y.id AS class_b, x.actor, -1 AS function_cell, i.cell AS subject_cell,
  t.known = 1 AND l.known = 1 AS known,
  ($w_subject::BIGINT * s.similarity + $w_layer * l.similarity + $w_territory * t.similarity)
    // ($w_subject + $w_layer + $w_territory) AS points
FROM class x
JOIN clash c ON c.a = x.function
JOIN class y ON y.function = c.b AND y.actor = x.actor AND y.force <> 3
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
JOIN place_pair t ON t.a = x.place AND t.b = y.place
JOIN subject_member mx ON mx.id = x.subjects
JOIN comparable s ON s.a = mx.concept
JOIN subject_member my ON my.id = y.subjects AND my.concept = s.b
JOIN concept_info i ON i.id = s.lower
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = s.lower
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = s.lower
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE x.force <> 3 AND v.a IS NULL
  AND coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
QUALIFY row_number() OVER (
  PARTITION BY x.id, y.id, i.cell ORDER BY s.similarity DESC) = 1;

INSERT INTO gathered
WITH conflicts AS (
  SELECT $conflict_of_force AS relation, * FROM barred
  UNION ALL BY NAME
  SELECT $conflict_of_functions AS relation, * FROM clashing
), timed AS (
  SELECT c.relation, c.actor, c.function_cell, c.subject_cell, c.known,
    greatest(x.since, y.since) AS since, least(x.until, y.until) AS until,
    greatest(x.sure_since, y.sure_since) AS sure_since,
    least(x.sure_until, y.sure_until) AS sure_until,
    x.alike::BIGINT * y.alike AS alike, ranked(c.points, x.first, y.first) AS rank
  FROM conflicts c
  JOIN span x ON x.class = c.class_a
  JOIN span y ON y.class = c.class_b AND x.since < y.until AND y.since < x.until
)
SELECT relation, actor, -1, function_cell, subject_cell, since, until, sum(alike),
  sum(CASE WHEN known AND sure_since < sure_until THEN alike ELSE 0 END),
  min(CASE WHEN known AND sure_since < sure_until THEN sure_since END),
  max(CASE WHEN known AND sure_since < sure_until THEN sure_until END),
  max(rank, $limit)
FROM timed
GROUP BY relation, actor, function_cell, subject_cell, since, until;
