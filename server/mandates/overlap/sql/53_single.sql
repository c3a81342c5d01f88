-- What one holding supports: an orphan, a mandate without a place on an axis that carries cells, and
-- a condition that names an actor whose own mandates never meet it.
CREATE TABLE cells AS
SELECT DISTINCT h.id, h.mandate, h.actor, h.since, h.until, h.sure_since, h.sure_until, c.norm,
  c.lapse, coalesce(f.cell, -1) AS function_cell, coalesce(s.cell, -1) AS subject_cell
FROM held h
JOIN (
  SELECT * FROM scope_of WHERE function < 0 OR subjects < 0 OR asked >= 0 OR lapse < $open
) c USING (mandate)
LEFT JOIN concept_info f ON f.id = c.function
LEFT JOIN subject_member t ON t.id = c.subjects
LEFT JOIN concept_info s ON s.id = t.concept
WHERE c.function < 0 OR c.subjects < 0 OR c.asked >= 0 OR c.lapse < h.until;

-- Which spans meet a span of a counterpart of theirs.
CREATE TABLE answered AS
SELECT DISTINCT first, counterpart
FROM (
  SELECT first_a AS first, b AS counterpart, since, until, mitigation, rival FROM pair
  UNION ALL
  SELECT first_b, a, since, until, mitigation, rival FROM pair
)
WHERE mitigation >= -1 AND since < until AND NOT rival;

CREATE VIEW span_of AS
SELECT h.id, s.first
FROM held h JOIN (SELECT * FROM scope_of WHERE asked >= 0) USING (mandate)
JOIN span s
  USING (actor, transitional, reading, function, norm, leads, exclusive, place, subjects, excluded,
    layers, addressees, asked, shared, since, until, sure_since, sure_until);

CREATE VIEW single AS
SELECT $orphan AS relation, c.actor AS a, -1 AS b, c.id, c.function_cell, c.subject_cell,
  greatest(c.since, c.lapse) AS since, c.until, c.sure_since, c.sure_until
FROM cells c WHERE c.lapse < c.until
UNION ALL
SELECT $unplaced, actor, -1, id, function_cell, subject_cell, since, until, sure_since, sure_until
FROM cells WHERE function_cell < 0 OR subject_cell < 0
UNION ALL
SELECT CASE WHEN q.agreement THEN $concurrence_required ELSE $interacting_assignment END,
  c.actor, q.counterpart, c.id, c.function_cell, c.subject_cell,
  greatest(c.since, o.since, t.since, q.since), least(c.until, o.until, t.until, q.until),
  greatest(c.sure_since, CASE WHEN q.agreement THEN q.agreed_since ELSE q.sure_since END),
  least(c.sure_until, CASE WHEN q.agreement THEN q.agreed_until ELSE q.sure_until END)
FROM cells c
JOIN (SELECT *, mitigation IN ($agreement) AS agreement FROM asked WHERE mitigation >= 0) q
  ON q.mandate = c.mandate AND q.counterpart <> c.actor
JOIN active o ON o.actor = q.counterpart
LEFT JOIN phase t
  ON t.a = least(c.actor, q.counterpart) AND t.b = greatest(c.actor, q.counterpart)
JOIN span_of s ON s.id = c.id
LEFT JOIN answered n ON n.first = s.first AND n.counterpart = q.counterpart
WHERE c.norm <> 3 AND c.function_cell >= 0 AND c.subject_cell >= 0 AND n.first IS NULL
  AND coalesce(t.tie, 0) = 0;

INSERT INTO gathered_others
WITH timed AS (
  SELECT *, greatest(since, sure_since) AS from_then, least(until, sure_until) AS to_then
  FROM single WHERE since < until
)
SELECT relation, a, b, function_cell, subject_cell, since, until, count(*),
  count(*) FILTER (WHERE from_then < to_then),
  min(from_then) FILTER (WHERE from_then < to_then),
  max(to_then) FILTER (WHERE from_then < to_then),
  max(ranked(0, id, 0), $limit)
FROM timed GROUP BY relation, a, b, function_cell, subject_cell, since, until;
