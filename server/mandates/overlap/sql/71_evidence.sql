-- Each exhibit with what is known of its two sides; turned if the finding names them the other way.
CREATE VIEW evidence_others AS
WITH exhibit AS (
  SELECT finding, x.subject_cell, x.since, x.until, rank, ranked_points(rank) AS points,
    ranked_p(rank) AS first_a, ranked_q(rank) AS first_b, relation, b, a > b AND b >= 0 AS turned
  FROM exhibit_others x JOIN finding_others f ON f.id = x.finding
)
SELECT finding, rank, e.first_a AS holding_a, e.first_b AS holding_b, pairs AS alike,
  e.since, e.until,
  known AND CASE WHEN e.relation = $succession THEN both_sure
    WHEN e.relation = $coordinated_overlap
      THEN greatest(p.sure_since, e.since, asked_since) < least(p.sure_until, e.until, asked_until)
    ELSE greatest(p.sure_since, e.since) < least(p.sure_until, e.until) END AS certain,
  CASE WHEN turned THEN p.subject_b ELSE p.subject_a END AS subject_a,
  CASE WHEN turned THEN p.subject_a ELSE p.subject_b END AS subject_b,
  function_similarity, subject_similarity, layer_similarity, territory_similarity,
  addressee_similarity,
  CASE WHEN over AND under THEN 0 WHEN over <> turned AND (over OR under) THEN 1
    WHEN over OR under THEN 2 ELSE 3 END AS shape,
  greatest(mitigation, -1) AS mitigation, e.points
FROM exhibit e
JOIN pair p ON p.first_a = CASE WHEN turned THEN e.first_b ELSE e.first_a END
  AND p.first_b = CASE WHEN turned THEN e.first_a ELSE e.first_b END
  AND p.subject_cell = e.subject_cell
  AND (e.relation = $succession OR (p.since <= e.since AND e.until <= p.until))
WHERE e.relation NOT IN ($conflict_of_force, $conflict_of_functions, $orphan,
  $unplaced, $concurrence_required, $interacting_assignment)
UNION ALL
SELECT finding, rank, e.first_a, e.first_b, pairs, e.since, e.until,
  known AND greatest(p.sure_since, e.since) < least(p.sure_until, e.until), subject_a, subject_b,
  function_similarity, subject_similarity, layer_similarity, territory_similarity,
  addressee_similarity, CASE WHEN over AND under THEN 0 WHEN over THEN 1 WHEN under THEN 2 ELSE 3 END,
  -1, e.points
FROM exhibit e
JOIN barred p ON p.first_a = e.first_a AND p.first_b = e.first_b AND p.subject_cell = e.subject_cell
WHERE e.relation = $conflict_of_force
UNION ALL
SELECT finding, rank, e.first_a, e.first_b, pairs, e.since, e.until,
  known AND greatest(p.sure_since, e.since) < least(p.sure_until, e.until), subject_a, subject_b,
  -1, subject_similarity, layer_similarity, territory_similarity, -1, -1, -1, e.points
FROM exhibit e
JOIN clashing p
  ON p.first_a = e.first_a AND p.first_b = e.first_b AND p.subject_cell = e.subject_cell
WHERE e.relation = $conflict_of_functions
UNION ALL
SELECT finding, rank, e.first_a, -1, 1, e.since, e.until,
  greatest(h.sure_since, e.since, CASE WHEN e.relation = $concurrence_required
      THEN q.agreed_since ELSE q.sure_since END)
    < least(h.sure_until, e.until, CASE WHEN e.relation = $concurrence_required
      THEN q.agreed_until ELSE q.sure_until END),
  -1, -1, -1, -1, -1, -1, -1, -1,
  coalesce(q.mitigation, -1), 0
FROM exhibit e
JOIN held h ON h.id = e.first_a
LEFT JOIN asked q ON q.mandate = h.mandate AND q.counterpart = e.b AND q.since <= e.since
  AND e.since < q.until
WHERE e.relation IN ($orphan, $unplaced, $concurrence_required, $interacting_assignment);
