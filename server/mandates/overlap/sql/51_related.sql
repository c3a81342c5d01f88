-- Related assignments: the same subject, functions in different branches. Only the branch of the
-- function, the layers and the place matter, so the classes are wider than those of an overlap.
CREATE TABLE broad_span AS
SELECT actor, transitional, reading, i.cell AS function_cell, subjects, excluded, layers, place, asked,
  shared, since, until, sure_since, sure_until, min(first) AS first, sum(alike) AS alike
FROM span JOIN class ON class.id = span.class JOIN concept_info i ON i.id = class.function
WHERE force <> 3 AND subjects >= 0
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
SELECT b.*, g.id AS ground, m.concept AS subject, i.cell AS subject_cell, len(s.members) > 1 AS several
FROM broad b JOIN subject_member m ON m.id = b.subjects JOIN subject_set s ON s.id = b.subjects
JOIN ground g ON g.subject = m.concept AND g.place = b.place
JOIN concept_info i ON i.id = m.concept
LEFT JOIN carving x ON x.excluded = b.excluded AND x.subject = m.concept
WHERE coalesce(x.effect, 0) < 2;

-- Every two branches that are not comparable.
CREATE TABLE apart AS
SELECT x.cell AS a, y.cell AS b
FROM (SELECT DISTINCT function_cell AS cell FROM broad) x
CROSS JOIN (SELECT DISTINCT function_cell AS cell FROM broad) y
LEFT JOIN comparable c ON c.a = x.cell AND c.b = y.cell
WHERE c.a IS NULL;

-- As for overlaps, narrow rows first.
CREATE TABLE broad_narrow AS SELECT ground, id AS broad, actor, function_cell FROM broad_placed;

CREATE TABLE neighbour AS
SELECT g.a AS ground_a, g.b AS ground_b, x.broad AS broad_x, y.broad AS broad_y
FROM ground_pair g
JOIN broad_narrow x ON x.ground = g.a
JOIN broad_narrow y
  ON y.ground = g.b AND x.actor <> y.actor AND (g.a < g.b OR x.actor < y.actor)
JOIN apart ON apart.a = x.function_cell AND apart.b = y.function_cell
WHERE g.same;

CREATE TABLE beside_each AS
SELECT CASE WHEN x.actor < y.actor THEN x.id ELSE y.id END AS broad_a,
  CASE WHEN x.actor < y.actor THEN y.id ELSE x.id END AS broad_b,
  least(x.actor, y.actor) AS a, greatest(x.actor, y.actor) AS b, x.subject, x.subject_cell,
  x.several AND y.several AS several, g.known AND l.known = 1 AS known,
  l.similarity::SMALLINT AS layer_similarity, g.place_similarity::SMALLINT AS territory_similarity,
  coalesce(greatest(qx.mitigation, qy.mitigation), -1)::SMALLINT AS mitigation,
  (($w_subject::BIGINT * 1000 + $w_layer::BIGINT * l.similarity
      + $w_territory::BIGINT * g.place_similarity) // ($w_subject + $w_layer + $w_territory)
    * (1000 - coalesce(greatest(qx.mitigation, qy.mitigation), 0)) // 1000)::SMALLINT AS points
FROM neighbour n
JOIN ground_pair g ON g.a = n.ground_a AND g.b = n.ground_b
JOIN broad_placed x ON x.ground = n.ground_a AND x.id = n.broad_x
JOIN broad_placed y ON y.ground = n.ground_b AND y.id = n.broad_y
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
LEFT JOIN asked_member qx ON qx.id = x.asked AND qx.counterpart = y.actor
LEFT JOIN asked_member qy ON qy.id = y.asked AND qy.counterpart = x.actor
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE v.a IS NULL;

DROP TABLE neighbour;

CREATE TABLE beside AS
SELECT * FROM beside_each WHERE NOT several
UNION ALL
SELECT * FROM beside_each WHERE several
QUALIFY row_number() OVER (
  PARTITION BY broad_a, broad_b, subject_cell ORDER BY subject) = 1;

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
