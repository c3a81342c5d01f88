-- Spans for related assignments. Only the branch of the function, the layers and the place matter, so
-- they are wider than those of an overlap.
CREATE TABLE broad_span AS
SELECT min(first) AS first, sum(alike)::INTEGER AS alike, actor, transitional, reading,
  i.cell AS function_cell, place, subjects, excluded, layers, asked, shared, since, until,
  sure_since, sure_until
FROM span JOIN concept_info i ON i.id = span.function
WHERE norm <> 3 AND subjects >= 0
GROUP BY ALL;

CREATE TABLE broad AS
SELECT s.place::BIGINT * $concepts + m.concept AS ground, s.first, s.alike, s.actor,
  s.function_cell, s.layers, t.size > 1 AS several,
  coalesce(l.own, -1) AS own, coalesce(l.reach, -1) AS reach,
  CASE WHEN s.reading >= 0 THEN s.reading END AS reading,
  CASE WHEN s.asked >= 0 THEN s.asked END AS asked,
  s.since, s.until, s.sure_since, s.sure_until
FROM broad_span s
JOIN subject_set t ON t.id = s.subjects
JOIN subject_member m ON m.id = s.subjects
LEFT JOIN layer_bits l ON l.layers = s.layers
LEFT JOIN carving x ON x.excluded = s.excluded AND x.subject = m.concept
WHERE coalesce(x.effect, 0) < 2;

DROP TABLE broad_span;
