-- Related assignments: the same subject, functions in different branches.

-- Nearly all that share a ground are apart in function, so unlike for overlaps one join will do. The
-- bits of their layers tell most of the others apart before they are looked up. Nothing is beyond
-- doubt where sure_since is not before sure_until.
CREATE TABLE beside_each AS
SELECT g.subject, g.subject_cell, x.several AND y.several AS several,
  ranked(
    ($w_subject::BIGINT * 1000 + $w_layer::BIGINT * l.similarity
      + $w_territory::BIGINT * g.place_similarity) // ($w_subject + $w_layer + $w_territory)
    * (1000 - coalesce(greatest(qx.mitigation, qy.mitigation, 0), 0)) // 1000,
    CASE WHEN x.actor < y.actor THEN x.first ELSE y.first END,
    CASE WHEN x.actor < y.actor THEN y.first ELSE x.first END) AS rank,
  least(x.actor, y.actor) AS a, greatest(x.actor, y.actor) AS b,
  greatest(x.since, y.since, qx.since, qy.since) AS since,
  least(x.until, y.until, qx.until, qy.until) AS until,
  CASE WHEN g.known AND l.known
    THEN greatest(x.sure_since, y.sure_since, qx.since, qy.since) ELSE $open END AS sure_since,
  least(x.sure_until, y.sure_until, qx.until, qy.until) AS sure_until,
  x.alike::BIGINT * y.alike AS pairs,
  l.similarity AS layer_similarity, g.place_similarity AS territory_similarity,
  coalesce(greatest(qx.mitigation, qy.mitigation), -1)::SMALLINT AS mitigation
FROM (SELECT * FROM ground_pair WHERE same) g
JOIN broad x ON x.ground = g.a
JOIN broad y ON y.ground = g.b AND x.actor <> y.actor AND x.actor - g.loose < y.actor
  AND x.own & y.reach <> 0 AND x.since < y.until AND y.since < x.until
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
LEFT JOIN comparable f ON f.a = x.function_cell AND f.b = y.function_cell
LEFT JOIN asked_member qx ON qx.id = x.asked AND qx.counterpart = y.actor
  AND qx.since < least(x.until, y.until) AND greatest(x.since, y.since) < qx.until
LEFT JOIN asked_member qy ON qy.id = y.asked AND qy.counterpart = x.actor
  AND qy.since < least(x.until, y.until, qx.until)
  AND greatest(x.since, y.since, qx.since) < qy.until
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE f.a IS NULL AND v.a IS NULL;

-- Mandates with several subjects in common in a cell are related there once.
CREATE TABLE beside_first AS
SELECT * EXCLUDE (closest) FROM (
  SELECT *, row_number() OVER (
    PARTITION BY rank, subject_cell, since ORDER BY subject) AS closest
  FROM beside_each WHERE several
)
WHERE closest = 1;

CREATE VIEW beside AS
SELECT * FROM beside_each WHERE NOT several UNION ALL SELECT * FROM beside_first;

CREATE VIEW beside_together AS
SELECT p.a, p.b, subject_cell, pairs,
  greatest(p.since, t.since) AS since, least(p.until, t.until) AS until,
  greatest(p.sure_since, t.since) < least(p.sure_until, t.until) AS certain,
  greatest(p.sure_since, t.since) AS certain_since,
  least(p.sure_until, t.until) AS certain_until, rank
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
