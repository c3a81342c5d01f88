-- Pairs of classes of different actors whose scopes meet, once for each subject cell.
-- a is the first actor by name, and over tells whether its scope contains the other's.

-- Most classes have nothing special: no exclusion, condition, shared mandate or reading.
CREATE TABLE special AS
SELECT row_number() OVER ()::INTEGER AS id, *
FROM (
  SELECT DISTINCT excluded, asked, shared, reading FROM class
  WHERE excluded >= 0 OR asked >= 0 OR shared >= 0 OR reading >= 0
);

CREATE TABLE special_of AS
SELECT class.id AS class, special.id FROM class JOIN special USING (excluded, asked, shared, reading);

CREATE TABLE narrow AS
SELECT row_number() OVER ()::INTEGER - 1 AS id, p.ground, p.id AS class, p.actor, p.function,
  p.subject, p.layers, p.addressees, p.norm, p.leads, p.exclusive, p.transitional, p.several,
  s.id AS special
FROM placed p LEFT JOIN special_of s ON s.class = p.id
WHERE p.norm <> 3;

-- First who meets whom at all, in rows as thin as can be. The function belongs in the key of the
-- join, or popular grounds would pair everybody with everybody; the optimiser does not always see
-- that, so from here on the order is as written.
CREATE TABLE thin AS SELECT id, ground, actor, function FROM narrow;

CREATE TABLE reachable AS
SELECT y.id, y.ground, y.actor, f.a AS function FROM thin y JOIN comparable f ON f.b = y.function;

SET disabled_optimizers = 'join_order';

CREATE TABLE meeting AS
SELECT x.id AS x, y.id AS y, g.over, g.under, g.subject_cell, g.subject_similarity,
  g.place_similarity, g.known, g.subject
FROM ground_pair g
JOIN thin x ON x.ground = g.a
JOIN reachable y ON y.ground = g.b AND y.function = x.function
  AND x.actor <> y.actor AND (g.a < g.b OR x.actor < y.actor);

CREATE VIEW candidate AS
SELECT x.actor < y.actor AS straight,
  f.cell AS function_cell, f.similarity AS function_similarity, f.over * m.over AS over,
  f.under * m.under AS under, m.subject_cell, m.subject_similarity, m.place_similarity, m.known,
  m.subject,
  x.class AS class_x, y.class AS class_y, x.actor AS actor_x, y.actor AS actor_y,
  x.subject AS subject_x, y.subject AS subject_y, x.layers AS layers_x, y.layers AS layers_y,
  x.addressees AS addressees_x, y.addressees AS addressees_y,
  x.special AS special_x, y.special AS special_y,
  x.norm = 2 OR y.norm = 2 AS permissive, x.norm = y.norm AND x.leads + y.leads = 2 AS alike,
  x.leads + y.leads AS leads, x.exclusive + y.exclusive > 0 AS exclusive,
  x.transitional + y.transitional > 0 AS transitional, x.several OR y.several AS several
FROM meeting m
JOIN narrow x ON x.id = m.x
JOIN narrow y ON y.id = m.y
JOIN comparable f ON f.a = x.function AND f.b = y.function;

CREATE TABLE met AS
SELECT
  function_cell, subject_cell,
  CASE WHEN straight THEN class_x ELSE class_y END AS class_a,
  CASE WHEN straight THEN class_y ELSE class_x END AS class_b,
  least(actor_x, actor_y) AS a,
  greatest(actor_x, actor_y) AS b,
  CASE WHEN straight THEN subject_x ELSE subject_y END AS subject_a,
  CASE WHEN straight THEN subject_y ELSE subject_x END AS subject_b,
  function_similarity::SMALLINT AS function_similarity,
  subject_similarity::SMALLINT AS subject_similarity,
  l.similarity::SMALLINT AS layer_similarity,
  place_similarity::SMALLINT AS territory_similarity,
  d.similarity::SMALLINT AS addressee_similarity,
  coalesce(greatest(qx.mitigation, qy.mitigation), -1)::SMALLINT AS mitigation,
  several, v.a IS NOT NULL AS rival,
  coalesce(x.shared >= 0 AND x.shared = y.shared, false) AS same,
  exclusive, transitional, c.known AND l.known = 1 AND d.known = 1 AS known, alike,
  CASE WHEN straight THEN c.over * l.over * d.over = 1 AND (cx.effect IS NULL OR coalesce(x.excluded = y.excluded, false))
    ELSE c.under * l.under * d.under = 1 AND (cy.effect IS NULL OR coalesce(x.excluded = y.excluded, false)) END AS over,
  CASE WHEN straight THEN c.under * l.under * d.under = 1 AND (cy.effect IS NULL OR coalesce(x.excluded = y.excluded, false))
    ELSE c.over * l.over * d.over = 1 AND (cx.effect IS NULL OR coalesce(x.excluded = y.excluded, false)) END AS under,
  (
    ($w_function::BIGINT * function_similarity + $w_subject::BIGINT * subject_similarity
      + $w_layer::BIGINT * l.similarity + $w_territory::BIGINT * place_similarity
      + $w_addressee::BIGINT * d.similarity) // 1000
    * CASE WHEN permissive THEN $permissive ELSE $binding END::BIGINT
    * CASE leads WHEN 2 THEN $lead_both WHEN 1 THEN $lead_one ELSE $lead_none END
    * (1000 - coalesce(greatest(qx.mitigation, qy.mitigation), 0))
    // 1000000000
  )::SMALLINT AS points
FROM candidate c
JOIN layer_pair l ON l.a = c.layers_x AND l.b = c.layers_y
JOIN addressee_pair d ON d.a = c.addressees_x AND d.b = c.addressees_y
LEFT JOIN special x ON x.id = c.special_x
LEFT JOIN special y ON y.id = c.special_y
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = c.subject
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = c.subject
LEFT JOIN asked_member qx ON qx.id = x.asked AND qx.counterpart = c.actor_y
LEFT JOIN asked_member qy ON qy.id = y.asked AND qy.counterpart = c.actor_x
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
  AND (v.a IS NULL OR x.shared >= 0 AND x.shared = y.shared);

RESET disabled_optimizers;

DROP VIEW candidate;
DROP TABLE meeting;
DROP TABLE reachable;

-- Mandates with several subjects may meet more than once in a cell: the closest meeting counts.
CREATE TABLE pair AS
SELECT * FROM met WHERE NOT several
UNION ALL
SELECT * EXCLUDE (closest) FROM (
  SELECT *, row_number() OVER (
    PARTITION BY class_a, class_b, subject_cell
    ORDER BY subject_similarity DESC, subject_a, subject_b) AS closest
  FROM met WHERE several
)
WHERE closest = 1;

DROP TABLE met;
