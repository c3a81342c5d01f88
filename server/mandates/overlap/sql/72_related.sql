-- What is known of the two sides of related assignments.
CREATE VIEW evidence_related AS
SELECT finding, e.rank, ranked_p(e.rank) AS holding_a, ranked_q(e.rank) AS holding_b,
  pairs AS alike, e.since, e.until,
  greatest(p.sure_since, e.since) < least(p.sure_until, e.until) AS certain,
  subject AS subject_a, subject AS subject_b, -1 AS function_similarity, 1000 AS subject_similarity,
  layer_similarity, territory_similarity, -1 AS addressee_similarity, -1 AS shape, mitigation,
  ranked_points(e.rank) AS points
FROM exhibit_related e
JOIN beside p ON p.rank = e.rank AND p.subject_cell = e.subject_cell
  AND p.since <= e.since AND e.until <= p.until;
