-- Related assignments: the same subject, functions in different branches. Only the branch of the
-- function, the layers and the place matter, so the classes are wider than those of an overlap.
CREATE TABLE broad_span AS
SELECT actor, transitional, reading, i.cell AS function_cell, subjects, excluded, layers, place, asked,
  shared, since, until, sure_since, sure_until, min(first) AS first, sum(alike) AS alike
FROM span JOIN class ON class.id = span.class JOIN concept_info i ON i.id = class.function
WHERE norm <> 3 AND subjects >= 0
GROUP BY ALL;

CREATE TABLE broad AS
SELECT row_number() OVER ()::INTEGER AS id, *
FROM (
  SELECT DISTINCT actor, transitional, reading, function_cell, subjects, excluded, layers, place,
    asked, shared
  FROM broad_span
);

CREATE TABLE broad_time AS
SELECT b.id AS broad, since, until, sure_since, sure_until, first, alike
FROM broad_span JOIN broad b
  USING (actor, transitional, reading, function_cell, subjects, excluded, layers, place, asked, shared);

DROP TABLE broad_span;

CREATE TABLE broad_placed AS
SELECT b.*, g.id AS ground, m.concept AS subject, i.cell AS subject_cell, s.size > 1 AS several
FROM broad b JOIN subject_member m ON m.id = b.subjects JOIN subject_set s ON s.id = b.subjects
JOIN ground g ON g.subject = m.concept AND g.place = b.place
JOIN concept_info i ON i.id = m.concept
LEFT JOIN carving x ON x.excluded = b.excluded AND x.subject = m.concept
WHERE coalesce(x.effect, 0) < 2;

-- Nearly all that share a ground are apart in function, so unlike for overlaps one join will do.
CREATE TABLE broad_narrow AS
SELECT id AS broad, ground, actor, function_cell, subject, subject_cell, layers, several,
  CASE WHEN asked >= 0 THEN asked END AS asked, CASE WHEN reading >= 0 THEN reading END AS reading
FROM broad_placed;

CREATE TABLE neighbour AS
SELECT x.actor < y.actor AS straight, x.subject, x.subject_cell, x.several AND y.several AS several,
  g.known, g.place_similarity, x.broad AS broad_x, y.broad AS broad_y, x.actor AS actor_x,
  y.actor AS actor_y, x.layers AS layers_x, y.layers AS layers_y, x.asked AS asked_x,
  y.asked AS asked_y, x.reading AS reading_x, y.reading AS reading_y
FROM (SELECT * FROM ground_pair WHERE same) g
JOIN broad_narrow x ON x.ground = g.a
JOIN broad_narrow y
  ON y.ground = g.b AND x.actor <> y.actor AND (g.a < g.b OR x.actor < y.actor)
LEFT JOIN comparable f ON f.a = x.function_cell AND f.b = y.function_cell
WHERE f.a IS NULL;

CREATE TABLE beside_each AS
SELECT CASE WHEN straight THEN broad_x ELSE broad_y END AS broad_a,
  CASE WHEN straight THEN broad_y ELSE broad_x END AS broad_b,
  least(actor_x, actor_y) AS a, greatest(actor_x, actor_y) AS b, subject, subject_cell,
  several, n.known AND l.known = 1 AS known,
  l.similarity::SMALLINT AS layer_similarity, place_similarity::SMALLINT AS territory_similarity,
  coalesce(greatest(qx.mitigation, qy.mitigation), -1)::SMALLINT AS mitigation,
  (($w_subject::BIGINT * 1000 + $w_layer::BIGINT * l.similarity
      + $w_territory::BIGINT * place_similarity) // ($w_subject + $w_layer + $w_territory)
    * (1000 - coalesce(greatest(qx.mitigation, qy.mitigation), 0)) // 1000)::SMALLINT AS points
FROM neighbour n
JOIN layer_pair l ON l.a = layers_x AND l.b = layers_y
LEFT JOIN asked_member qx ON qx.id = asked_x AND qx.counterpart = actor_y
LEFT JOIN asked_member qy ON qy.id = asked_y AND qy.counterpart = actor_x
LEFT JOIN rivalry v ON v.a = reading_x AND v.b = reading_y
WHERE v.a IS NULL;

DROP TABLE neighbour;

CREATE TABLE beside AS
SELECT * FROM beside_each WHERE NOT several
UNION ALL
SELECT * EXCLUDE (closest) FROM (
  SELECT *, row_number() OVER (
    PARTITION BY broad_a, broad_b, subject_cell ORDER BY subject) AS closest
  FROM beside_each WHERE several
)
WHERE closest = 1;

DROP TABLE beside_each;

CREATE VIEW beside_together AS
SELECT p.a, p.b, p.subject_cell,
  greatest(x.since, y.since, coalesce(t.since, x.since)) AS since,
  least(x.until, y.until, coalesce(t.until, x.until)) AS until,
  greatest(x.sure_since, y.sure_since, coalesce(t.since, x.since)) AS sure_since,
  least(x.sure_until, y.sure_until, coalesce(t.until, x.until)) AS sure_until,
  known, x.alike * y.alike AS alike, ranked(points, x.first, y.first) AS rank
FROM beside p
LEFT JOIN phase t ON t.a = p.a AND t.b = p.b
JOIN broad_time x ON x.broad = p.broad_a
JOIN broad_time y ON y.broad = p.broad_b AND x.since < y.until AND y.since < x.until
WHERE coalesce(t.tie, 0) = 0 AND coalesce(t.linked, 0) = 0;

INSERT INTO gathered
SELECT $related_assignment, a, b, -1, subject_cell, since, until, sum(alike),
  sum(CASE WHEN known AND sure_since < sure_until THEN alike ELSE 0 END),
  min(CASE WHEN known AND sure_since < sure_until THEN sure_since END),
  max(CASE WHEN known AND sure_since < sure_until THEN sure_until END),
  max(rank, $limit)
FROM beside_together WHERE since < until
GROUP BY a, b, subject_cell, since, until;
