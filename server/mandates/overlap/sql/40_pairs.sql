-- Pairs of classes of different actors whose scopes meet, once for each subject cell.
-- a is the first actor by name. relation: 0 duplication, 1 overlap, 2 coordinated overlap.
CREATE TABLE met AS
SELECT
  m.function_cell, m.subject_cell, m.subject_similarity,
  CASE WHEN x.actor < y.actor THEN x.id ELSE y.id END AS class_a,
  CASE WHEN x.actor < y.actor THEN y.id ELSE x.id END AS class_b,
  least(x.actor, y.actor) AS a,
  greatest(x.actor, y.actor) AS b,
  CASE WHEN x.actor < y.actor THEN sx.subject ELSE sy.subject END AS subject_a,
  CASE WHEN x.actor < y.actor THEN sy.subject ELSE sx.subject END AS subject_b,
  x.several OR y.several AS several,
  v.a IS NOT NULL AS rival,
  x.shared >= 0 AND x.shared = y.shared AS same,
  x.exclusive + y.exclusive > 0 AS exclusive,
  x.transitional + y.transitional > 0 AS transitional,
  m.known AND l.known = 1 AND d.known = 1 AS known,
  CASE
    WHEN greatest(qx.mitigation, qy.mitigation) IS NOT NULL THEN 2
    WHEN m.over AND m.under AND l.over * l.under * d.over * d.under = 1
      AND (x.excluded = y.excluded
        OR coalesce(cx.effect, 0) = 0 AND coalesce(cy.effect, 0) = 0)
      AND x.force = y.force AND x.leads + y.leads = 2 THEN 0
    ELSE 1
  END AS relation,
  (
    ($w_function::BIGINT * m.function_similarity + $w_subject * m.subject_similarity
      + $w_layer::BIGINT * l.similarity + $w_territory * m.place_similarity
      + $w_addressee::BIGINT * d.similarity) // 1000
    * CASE WHEN x.force = 2 OR y.force = 2 THEN $permissive ELSE $binding END::BIGINT
    * CASE x.leads + y.leads WHEN 2 THEN $lead_both WHEN 1 THEN $lead_one ELSE $lead_none END
    * (1000 - coalesce(greatest(qx.mitigation, qy.mitigation), 0))
    // 1000000000
  )::INTEGER AS points
FROM meeting m
JOIN placed x ON x.spot = m.a
JOIN placed y ON y.spot = m.b AND x.actor <> y.actor AND (m.a < m.b OR x.actor < y.actor)
JOIN spot sx ON sx.id = m.a
JOIN spot sy ON sy.id = m.b
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
JOIN addressee_pair d ON d.a = x.addressees AND d.b = y.addressees
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = m.subject
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = m.subject
LEFT JOIN asked_member qx ON qx.id = x.asked AND qx.counterpart = y.actor
LEFT JOIN asked_member qy ON qy.id = y.asked AND qy.counterpart = x.actor
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE x.force <> 3 AND y.force <> 3
  AND coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
  AND (v.a IS NULL OR x.shared >= 0 AND x.shared = y.shared);

-- Mandates with several subjects may meet more than once in a cell: the closest meeting counts.
CREATE VIEW pair AS
SELECT * FROM met WHERE NOT several
UNION ALL
SELECT * FROM met WHERE several
QUALIFY row_number() OVER (
  PARTITION BY class_a, class_b, subject_cell
  ORDER BY subject_similarity DESC, subject_a, subject_b) = 1;
