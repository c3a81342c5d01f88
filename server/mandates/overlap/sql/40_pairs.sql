-- Pairs of classes of different actors whose scopes meet, once for each subject cell.
-- a is the first actor by name, and over tells whether its scope contains the other's.

-- First who meets whom at all, in narrow rows, for most candidates fall on the function.
CREATE TABLE narrow AS SELECT ground, id AS class, actor, function FROM placed WHERE force <> 3;

CREATE TABLE candidate AS
SELECT g.a AS ground_a, g.b AS ground_b, x.class AS class_x, y.class AS class_y
FROM ground_pair g
JOIN narrow x ON x.ground = g.a
JOIN narrow y ON y.ground = g.b AND x.actor <> y.actor AND (g.a < g.b OR x.actor < y.actor)
JOIN comparable f ON f.a = x.function AND f.b = y.function;

CREATE TABLE met AS
SELECT
  i.cell AS function_cell, g.subject_cell,
  CASE WHEN x.actor < y.actor THEN x.id ELSE y.id END AS class_a,
  CASE WHEN x.actor < y.actor THEN y.id ELSE x.id END AS class_b,
  least(x.actor, y.actor) AS a,
  greatest(x.actor, y.actor) AS b,
  CASE WHEN x.actor < y.actor THEN x.subject ELSE y.subject END AS subject_a,
  CASE WHEN x.actor < y.actor THEN y.subject ELSE x.subject END AS subject_b,
  f.similarity::SMALLINT AS function_similarity,
  g.subject_similarity::SMALLINT AS subject_similarity,
  l.similarity::SMALLINT AS layer_similarity,
  g.place_similarity::SMALLINT AS territory_similarity,
  d.similarity::SMALLINT AS addressee_similarity,
  coalesce(greatest(qx.mitigation, qy.mitigation), -1)::SMALLINT AS mitigation,
  x.several OR y.several AS several,
  v.a IS NOT NULL AS rival,
  x.shared >= 0 AND x.shared = y.shared AS same,
  x.exclusive + y.exclusive > 0 AS exclusive,
  x.transitional + y.transitional > 0 AS transitional,
  g.known AND l.known = 1 AND d.known = 1 AS known,
  x.force = y.force AND x.leads + y.leads = 2 AS alike,
  CASE WHEN x.actor < y.actor THEN f.over * g.over * l.over * d.over = 1
      AND (x.excluded = y.excluded OR coalesce(cx.effect, 0) = 0)
    ELSE f.under * g.under * l.under * d.under = 1
      AND (x.excluded = y.excluded OR coalesce(cy.effect, 0) = 0) END AS over,
  CASE WHEN x.actor < y.actor THEN f.under * g.under * l.under * d.under = 1
      AND (x.excluded = y.excluded OR coalesce(cy.effect, 0) = 0)
    ELSE f.over * g.over * l.over * d.over = 1
      AND (x.excluded = y.excluded OR coalesce(cx.effect, 0) = 0) END AS under,
  (
    ($w_function::BIGINT * f.similarity + $w_subject::BIGINT * g.subject_similarity
      + $w_layer::BIGINT * l.similarity + $w_territory::BIGINT * g.place_similarity
      + $w_addressee::BIGINT * d.similarity) // 1000
    * CASE WHEN x.force = 2 OR y.force = 2 THEN $permissive ELSE $binding END::BIGINT
    * CASE x.leads + y.leads WHEN 2 THEN $lead_both WHEN 1 THEN $lead_one ELSE $lead_none END
    * (1000 - coalesce(greatest(qx.mitigation, qy.mitigation), 0))
    // 1000000000
  )::SMALLINT AS points
FROM candidate c
JOIN ground_pair g ON g.a = c.ground_a AND g.b = c.ground_b
JOIN placed x ON x.ground = c.ground_a AND x.id = c.class_x
JOIN placed y ON y.ground = c.ground_b AND y.id = c.class_y
JOIN comparable f ON f.a = x.function AND f.b = y.function
JOIN concept_info i ON i.id = f.lower
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
JOIN addressee_pair d ON d.a = x.addressees AND d.b = y.addressees
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = g.subject
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = g.subject
LEFT JOIN asked_member qx ON qx.id = x.asked AND qx.counterpart = y.actor
LEFT JOIN asked_member qy ON qy.id = y.asked AND qy.counterpart = x.actor
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
  AND (v.a IS NULL OR x.shared >= 0 AND x.shared = y.shared);

-- Mandates with several subjects may meet more than once in a cell: the closest meeting counts.
CREATE TABLE pair AS
SELECT * FROM met WHERE NOT several
UNION ALL
SELECT * FROM met WHERE several
QUALIFY row_number() OVER (
  PARTITION BY class_a, class_b, subject_cell
  ORDER BY subject_similarity DESC, subject_a, subject_b) = 1;

DROP TABLE met;
DROP TABLE candidate;
