-- Conflicts in one hand: a duty against a disability.

-- First where a disability meets a duty of the same actor at all, in rows as thin as can be.
CREATE TABLE duty AS
SELECT actor, ground, bit_or(own) AS own FROM stand WHERE norm = 1 GROUP BY actor, ground;

CREATE TABLE bar AS
SELECT y.id, g.ground, g.over, g.under, g.known, g.subject, g.subject_cell, g.subject_similarity,
  g.place_similarity
FROM (
  SELECT b AS barred, a AS ground, over, under, known, subject, subject_cell, subject_similarity,
    place_similarity
  FROM ground_pair
  UNION ALL
  SELECT a, b, under, over, known, subject, subject_cell, subject_similarity, place_similarity
  FROM ground_pair WHERE a <> b
) g
JOIN (SELECT id, ground, actor, reach FROM stand WHERE norm = 3) y ON y.ground = g.barred
JOIN duty d ON d.actor = y.actor AND d.ground = g.ground AND d.own & y.reach <> 0;

CREATE TABLE barred AS
SELECT x.first AS first_a, y.first AS first_b, x.actor, f.cell AS function_cell, g.subject_cell,
  x.subject AS subject_a, y.subject AS subject_b, g.known AND l.known AND d.known AS known,
  f.similarity AS function_similarity, g.subject_similarity, l.similarity AS layer_similarity,
  g.place_similarity AS territory_similarity, d.similarity AS addressee_similarity,
  f.over * g.over * l.over * d.over = 1
    AND (coalesce(x.excluded = y.excluded, false) OR cx.effect IS NULL) AS over,
  f.under * g.under * l.under * d.under = 1
    AND (coalesce(x.excluded = y.excluded, false) OR cy.effect IS NULL) AS under,
  x.alike::BIGINT * y.alike AS pairs, greatest(x.since, y.since) AS since,
  least(x.until, y.until) AS until, greatest(x.sure_since, y.sure_since) AS sure_since,
  least(x.sure_until, y.sure_until) AS sure_until,
  ($w_function::BIGINT * f.similarity + $w_subject::BIGINT * g.subject_similarity
    + $w_layer::BIGINT * l.similarity + $w_territory::BIGINT * g.place_similarity
    + $w_addressee::BIGINT * d.similarity) // 1000
  * $binding::BIGINT
  * CASE x.leads + y.leads WHEN 2 THEN $lead_both WHEN 1 THEN $lead_one ELSE $lead_none END
  // 1000000 AS points
FROM bar g
JOIN stand y ON y.id = g.id
JOIN stand x ON x.ground = g.ground AND x.actor = y.actor AND x.norm = 1
  AND x.own & y.reach <> 0 AND x.since < y.until AND y.since < x.until
JOIN comparable f ON f.a = x.function AND f.b = y.function
JOIN layer_pair l ON l.a = x.layers AND l.b = y.layers
JOIN addressee_pair d ON d.a = x.addressees AND d.b = y.addressees
LEFT JOIN carving cx ON cx.excluded = x.excluded AND cx.subject = g.subject
LEFT JOIN carving cy ON cy.excluded = y.excluded AND cy.subject = g.subject
LEFT JOIN rivalry v ON v.a = x.reading AND v.b = y.reading
WHERE v.a IS NULL AND coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
QUALIFY row_number() OVER (
  PARTITION BY x.first, y.first, g.subject_cell
  ORDER BY g.subject_similarity DESC, x.subject, y.subject) = 1;

DROP TABLE bar;

INSERT INTO gathered_others
SELECT $conflict_of_force, actor, -1, function_cell, subject_cell, since, until, sum(pairs),
  sum(pairs) FILTER (WHERE known AND sure_since < sure_until),
  min(sure_since) FILTER (WHERE known AND sure_since < sure_until),
  max(sure_until) FILTER (WHERE known AND sure_since < sure_until),
  max(ranked(points, first_a, first_b), $limit)
FROM barred GROUP BY actor, function_cell, subject_cell, since, until;
