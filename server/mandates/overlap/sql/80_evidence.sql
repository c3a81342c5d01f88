-- The strongest kinds of supporting pair of each finding, with the reason in full.
CREATE TABLE exhibit AS
SELECT finding, position, relation, a, b, subject_cell, since, until,
  rank // 4503599627370496 AS points,
  67108863 - rank % 4503599627370496 // 67108864 AS first_a, 67108863 - rank % 67108864 AS first_b
FROM (
  SELECT *, row_number() OVER (PARTITION BY finding ORDER BY rank DESC, since) AS position
  FROM (
    SELECT f.id AS finding, p.relation, p.a, p.b, p.subject_cell, p.since, p.until, unnest(p.ranks) AS rank
    FROM parted p
    JOIN finding f ON f.relation = p.relation AND f.a = p.a AND f.b = p.b
      AND f.function_cell = p.function_cell AND f.subject_cell = p.subject_cell AND f.part = p.part
    WHERE $live_part AND f.relation NOT IN ($fragmentation, $gap, $sunset_coverage)
  )
)
WHERE position <= $limit;

-- Each exhibit with what is known of its two sides; turned if the finding names them the other way.
CREATE TABLE evidence AS
WITH paired AS (
  SELECT e.*, x.class AS class_x, y.class AS class_y, x.alike::BIGINT * y.alike AS alike,
    CASE WHEN e.relation = $succession
      THEN x.sure_since < x.sure_until AND y.sure_since < y.sure_until
      ELSE greatest(x.sure_since, y.sure_since, e.since) < least(x.sure_until, y.sure_until, e.until)
    END AS sure,
    e.a > e.b AND e.b >= 0 AS turned
  FROM exhibit e
  JOIN span x ON x.first = e.first_a
  JOIN span y ON y.first = e.first_b
  WHERE e.relation NOT IN ($related_assignment, $orphan, $unplaced, $concurrence_required,
    $interacting_assignment)
), scoped AS (
  SELECT e.*, p.known AND sure AS certain,
    CASE WHEN turned THEN p.subject_b ELSE p.subject_a END AS subject_a,
    CASE WHEN turned THEN p.subject_a ELSE p.subject_b END AS subject_b,
    p.function_similarity, p.subject_similarity, p.layer_similarity, p.territory_similarity,
    p.addressee_similarity, p.mitigation,
    CASE WHEN turned THEN p.under ELSE p.over END AS over,
    CASE WHEN turned THEN p.over ELSE p.under END AS under
  FROM paired e
  JOIN pair p ON p.class_a = CASE WHEN turned THEN class_y ELSE class_x END
    AND p.class_b = CASE WHEN turned THEN class_x ELSE class_y END
    AND p.subject_cell = e.subject_cell
  WHERE e.relation NOT IN ($conflict_of_force, $conflict_of_functions)
  UNION ALL
  SELECT e.*, p.known AND sure, p.subject_a, p.subject_b, p.function_similarity,
    p.subject_similarity, p.layer_similarity, p.territory_similarity, p.addressee_similarity, -1,
    p.over, p.under
  FROM paired e
  JOIN barred p ON p.class_a = class_x AND p.class_b = class_y AND p.subject_cell = e.subject_cell
  WHERE e.relation = $conflict_of_force
), side AS (
  SELECT e.*, x.alike * y.alike AS alike,
    p.known
      AND greatest(x.sure_since, y.sure_since, e.since) < least(x.sure_until, y.sure_until, e.until)
      AS certain,
    p.subject, p.layer_similarity, p.territory_similarity, p.mitigation
  FROM exhibit e
  JOIN broad_time x ON x.first = e.first_a
  JOIN broad_time y ON y.first = e.first_b
  JOIN beside p
    ON p.broad_a = x.broad AND p.broad_b = y.broad AND p.subject_cell = e.subject_cell
  WHERE e.relation = $related_assignment
), clashed AS (
  SELECT e.*, p.known AND sure AS certain, p.subject_a, p.subject_b, p.subject_similarity,
    p.layer_similarity, p.territory_similarity
  FROM paired e
  JOIN clashing p
    ON p.class_a = class_x AND p.class_b = class_y AND p.subject_cell = e.subject_cell
  WHERE e.relation = $conflict_of_functions
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
