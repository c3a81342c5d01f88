-- The strongest kinds of supporting pair of each finding, with the reason in full.
CREATE TABLE exhibit AS
SELECT finding, position, relation, subject_cell, since, until, rank // 4503599627370496 AS points,
  67108863 - rank % 4503599627370496 // 67108864 AS first_a, 67108863 - rank % 67108864 AS first_b
FROM (
  SELECT *, row_number() OVER (PARTITION BY finding ORDER BY rank DESC, since) AS position
  FROM (
    SELECT f.id AS finding, p.relation, p.subject_cell, p.since, p.until, unnest(p.ranks) AS rank
    FROM parted p
    JOIN finding f ON f.relation = p.relation AND f.a = p.a AND f.b = p.b
      AND f.function_cell = p.function_cell AND f.subject_cell = p.subject_cell AND f.part = p.part
    WHERE $live_part AND f.relation NOT IN ($fragmentation, $gap, $sunset_coverage)
  )
)
WHERE position <= $limit;

CREATE TABLE evidence AS
WITH scoped AS (
  SELECT e.*, x.alike::BIGINT * y.alike AS alike,
    m.known AND l.known = 1 AND d.known = 1 AND CASE
      WHEN e.relation = $succession
        THEN x.sure_since < x.sure_until AND y.sure_since < y.sure_until
      ELSE greatest(x.sure_since, y.sure_since, e.since) < least(x.sure_until, y.sure_until, e.until)
    END AS certain,
    sx.subject AS subject_a, sy.subject AS subject_b,
    m.function_similarity, m.subject_similarity, l.similarity AS layer_similarity,
    m.place_similarity AS territory_similarity, d.similarity AS addressee_similarity,
    CASE WHEN px.spot <= py.spot THEN m.over ELSE m.under END
      AND l.over * d.over = 1 AND (px.excluded = py.excluded OR coalesce(cx.effect, 0) = 0) AS over,
    CASE WHEN px.spot <= py.spot THEN m.under ELSE m.over END
      AND l.under * d.under = 1 AND (px.excluded = py.excluded OR coalesce(cy.effect, 0) = 0)
      AS under,
    CASE WHEN e.relation = $conflict_of_force THEN -1
      ELSE coalesce(greatest(qx.mitigation, qy.mitigation), -1) END AS mitigation
  FROM exhibit e
  JOIN span x ON x.first = e.first_a
  JOIN span y ON y.first = e.first_b
  JOIN placed px ON px.id = x.class
  JOIN placed py ON py.id = y.class
  JOIN meeting m ON m.a = least(px.spot, py.spot) AND m.b = greatest(px.spot, py.spot)
    AND m.subject_cell = e.subject_cell
  JOIN spot sx ON sx.id = px.spot
  JOIN spot sy ON sy.id = py.spot
  JOIN layer_pair l ON l.a = px.layers AND l.b = py.layers
  JOIN addressee_pair d ON d.a = px.addressees AND d.b = py.addressees
  LEFT JOIN carving cx ON cx.excluded = px.excluded AND cx.subject = m.subject
  LEFT JOIN carving cy ON cy.excluded = py.excluded AND cy.subject = m.subject
  LEFT JOIN asked_member qx ON qx.id = px.asked AND qx.counterpart = py.actor
  LEFT JOIN asked_member qy ON qy.id = py.asked AND qy.counterpart = px.actor
  WHERE e.relation NOT IN ($related_assignment, $conflict_of_functions, $orphan, $unplaced,
      $concurrence_required, $interacting_assignment)
    AND coalesce(cx.effect, 0) < 2 AND coalesce(cy.effect, 0) < 2
  QUALIFY row_number() OVER (
    PARTITION BY e.finding, e.position
    ORDER BY m.subject_similarity DESC, sx.subject, sy.subject) = 1
), side AS (
  SELECT e.*, x.alike * y.alike AS alike,
    t.known = 1 AND l.known = 1
      AND greatest(x.sure_since, y.sure_since, e.since) < least(x.sure_until, y.sure_until, e.until)
      AS certain,
    bx.subject, l.similarity AS layer_similarity, t.similarity AS territory_similarity,
    coalesce(greatest(qx.mitigation, qy.mitigation), -1) AS mitigation
  FROM exhibit e
  JOIN broad_time x ON x.first = e.first_a
  JOIN broad_time y ON y.first = e.first_b
  JOIN broad_placed bx ON bx.id = x.broad AND bx.subject_cell = e.subject_cell
  JOIN broad_placed b ON b.id = y.broad AND b.subject = bx.subject
  JOIN layer_pair l ON l.a = bx.layers AND l.b = b.layers
  JOIN place_pair t ON t.a = bx.place AND t.b = b.place
  LEFT JOIN asked_member qx ON qx.id = bx.asked AND qx.counterpart = b.actor
  LEFT JOIN asked_member qy ON qy.id = b.asked AND qy.counterpart = bx.actor
  WHERE e.relation = $related_assignment
  QUALIFY row_number() OVER (PARTITION BY e.finding, e.position ORDER BY bx.subject) = 1
), clashed AS (
  SELECT e.*, x.alike::BIGINT * y.alike AS alike,
    t.known = 1 AND l.known = 1
      AND greatest(x.sure_since, y.sure_since, e.since) < least(x.sure_until, y.sure_until, e.until)
      AS certain,
    mx.concept AS subject_a, my.concept AS subject_b, s.similarity AS subject_similarity,
    l.similarity AS layer_similarity, t.similarity AS territory_similarity
  FROM exhibit e
  JOIN span x ON x.first = e.first_a
  JOIN span y ON y.first = e.first_b
  JOIN class cx ON cx.id = x.class
  JOIN class cy ON cy.id = y.class
  JOIN subject_member mx ON mx.id = cx.subjects
  JOIN comparable s ON s.a = mx.concept
  JOIN subject_member my ON my.id = cy.subjects AND my.concept = s.b
  JOIN concept_info i ON i.id = s.lower AND i.cell = e.subject_cell
  JOIN layer_pair l ON l.a = cx.layers AND l.b = cy.layers
  JOIN place_pair t ON t.a = cx.place AND t.b = cy.place
  LEFT JOIN carving vx ON vx.excluded = cx.excluded AND vx.subject = s.lower
  LEFT JOIN carving vy ON vy.excluded = cy.excluded AND vy.subject = s.lower
  WHERE e.relation = $conflict_of_functions
    AND coalesce(vx.effect, 0) < 2 AND coalesce(vy.effect, 0) < 2
  QUALIFY row_number() OVER (
    PARTITION BY e.finding, e.position ORDER BY s.similarity DESC, mx.concept, my.concept) = 1
), lone AS (
  SELECT e.*,
    greatest(h.sure_since, e.since) < least(h.sure_until, e.until) AS certain,
    coalesce(q.mitigation, -1) AS mitigation
  FROM exhibit e
  JOIN finding f ON f.id = e.finding
  JOIN held h ON h.id = e.first_a
  LEFT JOIN asked q ON q.mandate = h.mandate AND q.counterpart = f.b
  WHERE e.relation IN ($orphan, $unplaced, $concurrence_required, $interacting_assignment)
)
SELECT finding, position, first_a AS holding_a, first_b AS holding_b, alike, since, until, certain,
  subject_a, subject_b, function_similarity, subject_similarity, layer_similarity,
  territory_similarity, addressee_similarity,
  CASE WHEN over AND under THEN 0 WHEN over THEN 1 WHEN under THEN 2 ELSE 3 END AS shape,
  mitigation, points
FROM scoped
UNION ALL
SELECT finding, position, first_a, first_b, alike, since, until, certain, subject, subject, -1, 1000,
  layer_similarity, territory_similarity, -1, -1, mitigation, points
FROM side
UNION ALL
SELECT finding, position, first_a, first_b, alike, since, until, certain, subject_a, subject_b, -1,
  subject_similarity, layer_similarity, territory_similarity, -1, -1, -1, points
FROM clashed
UNION ALL
SELECT finding, position, first_a, -1, 1, since, until, certain, -1, -1, -1, -1, -1, -1, -1, -1,
  mitigation, 0
FROM lone;
