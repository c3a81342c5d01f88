-- Conflicts in one hand: a duty against a disability, and functions that should be kept apart.
-- The steps are tables of their own so that each join has an actor to go by.
CREATE TABLE barring AS SELECT * FROM placed WHERE norm = 3;

CREATE TABLE bar AS
SELECT y.*, g.a AS duty_ground, g.over, g.under, g.known, g.subject AS lower, g.subject_cell,
  g.subject_similarity, g.place_similarity
FROM barring y JOIN ground_pair g ON g.b = y.ground
UNION ALL
SELECT y.*, g.b, g.under, g.over, g.known, g.subject, g.subject_cell, g.subject_similarity,
  g.place_similarity
FROM barring y JOIN ground_pair g ON g.a = y.ground AND g.a < g.b;

CREATE TABLE barred AS
SELECT x.id AS class_a, y.id AS class_b, x.actor, i.cell AS function_cell, y.subject_cell,
  x.subject AS subject_a, y.subject AS subject_b,
  y.known AND l.known = 1 AND d.known = 1 AS known,
  f.similarity AS function_similarity, y.subject_similarity, l.similarity AS layer_similarity,
  y.place_similarity AS territory_similarity, d.similarity AS addressee_similarity,
  f.over * y.over * l.over * d.over = 1 AND (x.excluded = y.excluded OR coalesce(cx.effect, 0) = 0)
    AS over,
  f.under * y.under * l.under * d.under = 1
    AND (x.excluded = y.excluded OR coalesce(cy.effect, 0) = 0) AS under,
  ($w_function::BIGINT * f.similarity + $w_subject::BIGINT * y.subject_similarity
    + $w_layer::BIGINT * l.similarity + $w_territory::BIGINT * y.place_similarity
    + $w_addressee::BIGINT * d.similarity) // 1000
  * $binding::BIGINT
  * CASE x.leads + y.leads WHEN 2 THEN $lead_both WHEN 1 THEN $lead_one ELSE $lead_none END
  // 1000000 AS points
FROM bar y
JOIN placed x ON x.ground = y.duty_ground AND x.actor = y.actor AND x.norm = 1
JOIN comparable f ON f.a = x.function AND f.b = y.function
JOIN concept_info i ON i.id = f.lower
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
JOIN addressee_pair d ON d.a = x.addressees AND d.b = y.addressees
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = y.lower
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = y.lower
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE v.a IS NULL AND coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
QUALIFY row_number() OVER (
  PARTITION BY x.id, y.id, y.subject_cell
  ORDER BY y.subject_similarity DESC, x.subject, y.subject) = 1;

DROP TABLE bar;

CREATE TABLE clash AS
SELECT DISTINCT p.lower AS a, q.lower AS b
FROM incompatible i JOIN ancestor p ON p.upper = i.a JOIN ancestor q ON q.upper = i.b
WHERE p.lower <> q.lower;

CREATE TABLE clash_side AS
SELECT c.id AS class, c.actor, c.function, c.place, c.layers, c.excluded, c.reading,
  m.concept AS subject
FROM class c JOIN subject_member m ON m.id = c.subjects
WHERE c.norm <> 3 AND c.function IN (SELECT a FROM clash UNION SELECT b FROM clash);

CREATE TABLE clash_pair AS
SELECT x.class AS class_a, y.class AS class_b, x.actor, x.place AS place_a, y.place AS place_b,
  x.layers AS layers_a, y.layers AS layers_b, x.excluded AS excluded_a, y.excluded AS excluded_b,
  x.reading AS reading_a, y.reading AS reading_b, x.subject AS subject_a, y.subject AS subject_b
FROM clash_side x JOIN clash c ON c.a = x.function
JOIN clash_side y ON y.function = c.b AND y.actor = x.actor;

CREATE TABLE clashing AS
SELECT class_a, class_b, actor, -1 AS function_cell, i.cell AS subject_cell,
  t.known = 1 AND l.known = 1 AS known, p.subject_a, p.subject_b,
  s.similarity AS subject_similarity, l.similarity AS layer_similarity,
  t.similarity AS territory_similarity,
  ($w_subject::BIGINT * s.similarity + $w_layer::BIGINT * l.similarity
    + $w_territory::BIGINT * t.similarity) // ($w_subject + $w_layer + $w_territory) AS points
FROM clash_pair p
JOIN comparable s ON s.a = p.subject_a AND s.b = p.subject_b
JOIN concept_info i ON i.id = s.lower
JOIN layer_pair l ON l.a = p.layers_a AND l.b = p.layers_b
JOIN place_pair t ON t.a = p.place_a AND t.b = p.place_b
LEFT JOIN carving cx ON cx.excluded = p.excluded_a AND cx.subject = s.lower
LEFT JOIN carving cy ON cy.excluded = p.excluded_b AND cy.subject = s.lower
LEFT JOIN rivalry v ON v.a = p.reading_a AND v.b = p.reading_b
WHERE v.a IS NULL AND coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
QUALIFY row_number() OVER (
  PARTITION BY class_a, class_b, i.cell
  ORDER BY s.similarity DESC, p.subject_a, p.subject_b) = 1;

INSERT INTO gathered
WITH conflicts AS (
  SELECT $conflict_of_force AS relation, class_a, class_b, actor, function_cell, subject_cell,
    known, points
  FROM barred
  UNION ALL
  SELECT $conflict_of_functions, class_a, class_b, actor, function_cell, subject_cell, known, points
  FROM clashing
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
