-- Related assignments: the same subject, functions in different branches.

-- Nearly all that share a ground are apart in function, so unlike for overlaps one join will do.
CREATE TABLE beside_each AS
SELECT g.subject, g.subject_cell, x.several AND y.several AS several,
  CASE WHEN x.actor < y.actor THEN x.first ELSE y.first END AS first_a,
  CASE WHEN x.actor < y.actor THEN y.first ELSE x.first END AS first_b,
  least(x.actor, y.actor) AS a, greatest(x.actor, y.actor) AS b,
  greatest(x.since, y.since, qx.since, qy.since) AS since,
  least(x.until, y.until, qx.until, qy.until) AS until,
  greatest(x.sure_since, y.sure_since, qx.since, qy.since) AS sure_since,
  least(x.sure_until, y.sure_until, qx.until, qy.until) AS sure_until,
  g.known AND l.known AS known, x.alike::BIGINT * y.alike AS pairs,
  l.similarity AS layer_similarity, g.place_similarity AS territory_similarity,
  coalesce(greatest(qx.mitigation, qy.mitigation), -1)::SMALLINT AS mitigation,
  (($w_subject::BIGINT * 1000 + $w_layer::BIGINT * l.similarity
      + $w_territory::BIGINT * g.place_similarity) // ($w_subject + $w_layer + $w_territory)
    * (1000 - coalesce(greatest(qx.mitigation, qy.mitigation, 0), 0)) // 1000)::SMALLINT AS points
FROM (SELECT * FROM ground_pair WHERE same) g
JOIN broad x ON x.ground = g.a
JOIN broad y ON y.ground = g.b AND x.actor <> y.actor AND x.actor - g.loose < y.actor
  AND x.since < y.until AND y.since < x.until
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
LEFT JOIN comparable f ON f.a = x.function_cell AND f.b = y.function_cell
LEFT JOIN asked_member qx ON qx.id = x.asked AND qx.counterpart = y.actor
  AND qx.since < least(x.until, y.until) AND greatest(x.since, y.since) < qx.until
LEFT JOIN asked_member qy ON qy.id = y.asked AND qy.counterpart = x.actor
  AND qy.since < least(x.until, y.until) AND greatest(x.since, y.since) < qy.until
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE f.a IS NULL AND v.a IS NULL AND coalesce(qx.since < qy.until AND qy.since < qx.until, true);

-- Mandates with several subjects in common in a cell are related there once.
CREATE TABLE beside_first AS
SELECT * EXCLUDE (closest) FROM (
  SELECT *, row_number() OVER (
    PARTITION BY first_a, first_b, subject_cell, since ORDER BY subject) AS closest
  FROM beside_each WHERE several
)
WHERE closest = 1;

CREATE VIEW beside AS
SELECT * FROM beside_each WHERE NOT several UNION ALL SELECT * FROM beside_first;

CREATE VIEW beside_together AS
SELECT p.a, p.b, subject_cell, pairs,
  greatest(p.since, t.since) AS since, least(p.until, t.until) AS until,
  known AND greatest(p.sure_since, t.since) < least(p.sure_until, t.until) AS certain,
  greatest(p.sure_since, t.since) AS certain_since,
  least(p.sure_until, t.until) AS certain_until,
  ranked(points, first_a, first_b) AS rank
FROM beside p
LEFT JOIN phase t ON t.a = p.a AND t.b = p.b
WHERE coalesce(t.tie, 0) = 0 AND coalesce(t.linked, 0) = 0;

INSERT INTO gathered_related
SELECT $related_assignment, a, b, -1, subject_cell, since, until, sum(pairs),
  sum(pairs) FILTER (WHERE certain),
  min(certain_since) FILTER (WHERE certain), max(certain_until) FILTER (WHERE certain),
  max(rank, $limit)
FROM beside_together WHERE since < until
GROUP BY a, b, subject_cell, since, until;
