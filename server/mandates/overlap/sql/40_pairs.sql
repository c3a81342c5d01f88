-- Pairs of spans of different actors whose scopes meet, once for each subject cell. a is the first
-- actor by name, and over tells whether its scope contains the other's. Whether the two are held at
-- the same time (since < until) is left open: those that follow each other are needed too.

-- First who meets whom at all, in rows as thin as can be. The kin of a function belongs in the key of
-- the join, or popular grounds would pair everybody with everybody.
CREATE TABLE meeting AS
SELECT x.id AS x, y.id AS y, x.actor < y.actor AS straight, g.subject, g.subject_cell,
  g.subject_similarity, g.place_similarity, l.similarity AS layer_similarity,
  d.similarity AS addressee_similarity, f.cell AS function_cell,
  f.similarity AS function_similarity, f.over * g.over * l.over * d.over AS over,
  f.under * g.under * l.under * d.under AS under, g.known AND l.known AND d.known AS known
FROM ground_pair g
JOIN (SELECT * FROM stand WHERE norm <> 3) x ON x.ground = g.a AND x.own & g.reach <> 0
JOIN (SELECT * FROM stand WHERE norm <> 3) y ON y.ground = g.b AND y.kin = x.kin
  AND x.reach & y.own <> 0 AND x.actor <> y.actor AND x.actor - g.loose < y.actor
JOIN comparable f ON f.a = x.function AND f.b = y.function
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
JOIN addressee_pair d ON d.a = x.addressees AND d.b = y.addressees;

-- Then all that a pair is judged by, in pieces cut where a condition between the two begins or ends.
-- mitigation is -1 where none of theirs stands, and -2 where they have none; asked_since and
-- asked_until tell for how long one stands beyond doubt. Of two that follow each other none is asked for.
CREATE TABLE met AS
SELECT
  function_cell, subject_cell,
  CASE WHEN straight THEN x.first ELSE y.first END AS first_a,
  CASE WHEN straight THEN y.first ELSE x.first END AS first_b,
  least(x.actor, y.actor) AS a,
  greatest(x.actor, y.actor) AS b,
  CASE WHEN straight THEN x.subject ELSE y.subject END AS subject_a,
  CASE WHEN straight THEN y.subject ELSE x.subject END AS subject_b,
  function_similarity, subject_similarity, layer_similarity,
  place_similarity AS territory_similarity, addressee_similarity,
  coalesce(greatest(qx.mitigation, qy.mitigation), -2)::SMALLINT AS mitigation,
  x.several OR y.several AS several, v.a IS NOT NULL AS rival,
  coalesce(x.shared = y.shared, false) AS same, x.exclusive OR y.exclusive AS exclusive,
  x.transitional OR y.transitional AS transitional, known,
  x.norm = y.norm AND x.leads + y.leads = 2 AS alike,
  CASE WHEN straight THEN m.over ELSE m.under END = 1
    AND (CASE WHEN straight THEN cx.effect ELSE cy.effect END IS NULL
      OR coalesce(x.excluded = y.excluded, false)) AS over,
  CASE WHEN straight THEN m.under ELSE m.over END = 1
    AND (CASE WHEN straight THEN cy.effect ELSE cx.effect END IS NULL
      OR coalesce(x.excluded = y.excluded, false)) AS under,
  (
    ($w_function::BIGINT * function_similarity + $w_subject::BIGINT * subject_similarity
      + $w_layer::BIGINT * layer_similarity + $w_territory::BIGINT * place_similarity
      + $w_addressee::BIGINT * addressee_similarity) // 1000
    * CASE WHEN x.norm = 2 OR y.norm = 2 THEN $permissive ELSE $binding END::BIGINT
    * CASE x.leads + y.leads WHEN 2 THEN $lead_both WHEN 1 THEN $lead_one ELSE $lead_none END
    * (1000 - coalesce(greatest(qx.mitigation, qy.mitigation, 0), 0))
    // 1000000000
  )::SMALLINT AS points,
  x.alike::BIGINT * y.alike AS pairs,
  greatest(x.since, y.since, qx.since, qy.since) AS since,
  least(x.until, y.until, qx.until, qy.until) AS until,
  greatest(x.sure_since, y.sure_since, qx.since, qy.since) AS sure_since,
  least(x.sure_until, y.sure_until, qx.until, qy.until) AS sure_until,
  x.sure_since < x.sure_until AND y.sure_since < y.sure_until AS both_sure,
  least(qx.sure_since, qy.sure_since) AS asked_since,
  greatest(qx.sure_until, qy.sure_until) AS asked_until
FROM meeting m
JOIN stand x ON x.id = m.x
JOIN stand y ON y.id = m.y
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = m.subject
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = m.subject
LEFT JOIN asked_member qx ON qx.id = x.asked
  AND qx.counterpart = CASE WHEN x.since < y.until AND y.since < x.until THEN y.actor END
  AND qx.since < least(x.until, y.until) AND greatest(x.since, y.since) < qx.until
LEFT JOIN asked_member qy ON qy.id = y.asked
  AND qy.counterpart = CASE WHEN x.since < y.until AND y.since < x.until THEN x.actor END
  AND qy.since < least(x.until, y.until, qx.until)
  AND greatest(x.since, y.since, qx.since) < qy.until
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
  AND (v.a IS NULL OR x.shared = y.shared);

DROP TABLE meeting;

-- Mandates with several subjects may meet more than once in a cell: the closest meeting counts. By one
-- key it is found without sorting.
CREATE TABLE closest AS
SELECT * EXCLUDE (position) FROM (
  SELECT *, row_number() OVER (
    PARTITION BY first_a, first_b, subject_cell, since
    ORDER BY (1000 - subject_similarity)::BIGINT * $concepts * $concepts
      + subject_a::BIGINT * $concepts + subject_b) AS position
  FROM met WHERE several
)
WHERE position = 1;

CREATE VIEW pair AS
SELECT * FROM met WHERE NOT several UNION ALL SELECT * FROM closest;
