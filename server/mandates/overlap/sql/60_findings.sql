-- Findings: one for each maximal interval of a relation between actors in a cell.

-- Where one interval is as long as all together, they are one. Only for the others must the dates be
-- put in order.
CREATE TABLE grouped AS
SELECT relation, a, b, function_cell, subject_cell, min(since) AS since, max(until) AS until,
  max(until - since) = max(until) - min(since) AS whole, count(*) AS pieces,
  count(*) FILTER (WHERE $live) > 0 AS stands,
  (sum(support) FILTER (WHERE $live))::BIGINT AS support,
  (sum(certain_support) FILTER (WHERE $live))::BIGINT AS certain_support,
  min(certain_since) FILTER (WHERE $live) AS certain_since,
  max(certain_until) FILTER (WHERE $live) AS certain_until,
  max(ranks[1]) FILTER (WHERE $live) AS rank
FROM gathered GROUP BY relation, a, b, function_cell, subject_cell;

CREATE TABLE parted AS
SELECT relation, a, b, function_cell, subject_cell, min(since) AS since, max(until) AS until,
  count(*) AS pieces, count(*) FILTER (WHERE $live) > 0 AS stands,
  (sum(support) FILTER (WHERE $live))::BIGINT AS support,
  (sum(certain_support) FILTER (WHERE $live))::BIGINT AS certain_support,
  min(certain_since) FILTER (WHERE $live) AS certain_since,
  max(certain_until) FILTER (WHERE $live) AS certain_until,
  max(ranks[1]) FILTER (WHERE $live) AS rank, any_value(total) AS total
FROM (
  SELECT *, sum(fresh) OVER (
      PARTITION BY relation, a, b, function_cell, subject_cell ORDER BY since, until) AS part
  FROM (
    SELECT p.*, g.support AS total,
      coalesce(p.since > max(p.until) OVER (
        PARTITION BY p.relation, p.a, p.b, p.function_cell, p.subject_cell
        ORDER BY p.since, p.until
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true)::INTEGER AS fresh
    FROM gathered p
    JOIN (SELECT * FROM grouped WHERE NOT whole) g
      ON g.relation = p.relation AND g.a = p.a AND g.b = p.b
      AND g.function_cell = p.function_cell AND g.subject_cell = p.subject_cell
  )
)
GROUP BY relation, a, b, function_cell, subject_cell, part;

-- Breadth counts all pairs of two actors in a cell, whichever of the overlaps they are.
CREATE TABLE family AS
SELECT a, b, function_cell, subject_cell, sum(support)::BIGINT AS total
FROM grouped WHERE relation IN ($duplication, $overlap, $coordinated_overlap)
GROUP BY a, b, function_cell, subject_cell;

CREATE TABLE found AS
SELECT relation, a, b, function_cell, subject_cell, 0 AS part, -1 AS polity, since, until, support,
  certain_support, (certain_support > 0)::INTEGER AS certain,
  coalesce(certain_since, until) AS certain_since, coalesce(certain_until, until) AS certain_until,
  points * (1000 - $spread // spread) * w.weight // 10000000 AS score, points, spread, -1 AS figure,
  pieces
FROM (
  SELECT g.relation, g.a, g.b, g.function_cell, g.subject_cell, since, until, support,
    coalesce(certain_support, 0) AS certain_support, certain_since, certain_until, pieces,
    rank // 4503599627370496 AS points, coalesce(f.total, g.total) AS spread
  FROM (
    SELECT relation, a, b, function_cell, subject_cell, since, until, support, certain_support,
      certain_since, certain_until, rank, pieces, support AS total
    FROM grouped WHERE whole AND stands
    UNION ALL
    SELECT relation, a, b, function_cell, subject_cell, since, until, support, certain_support,
      certain_since, certain_until, rank, pieces, total
    FROM parted WHERE stands
  ) g
  LEFT JOIN family f ON g.relation IN ($duplication, $overlap, $coordinated_overlap)
    AND f.a = g.a AND f.b = g.b AND f.function_cell = g.function_cell
    AND f.subject_cell = g.subject_cell
) JOIN relation_weight w USING (relation);

INSERT INTO found BY NAME
SELECT $fragmentation AS relation, -1 AS a, -1 AS b, -1 AS function_cell, area AS subject_cell,
  id AS part, polity, since, until, total AS support, sure AS certain_support,
  (sure_actors > 1)::INTEGER AS certain, until AS certain_since, until AS certain_until,
  figure * $fragmentation_weight // 10000 AS score, 0 AS points, 0 AS spread, figure
FROM (
  SELECT *, (1000 * actors * (total::HUGEINT * total - squares)
    // ((actors - 1) * total::HUGEINT * total))::BIGINT AS figure
  FROM (
    SELECT id, sum(mandates)::BIGINT AS total, count(*)::HUGEINT AS actors,
      sum(mandates::HUGEINT * mandates) AS squares, sum(certain)::BIGINT AS sure,
      count(*) FILTER (WHERE certain > 0) AS sure_actors
    FROM share GROUP BY id
  )
) JOIN fragment USING (id);

INSERT INTO found BY NAME
SELECT $sunset_coverage AS relation, actor AS a, -1 AS b, -1 AS function_cell, -1 AS subject_cell,
  0 AS part, -1 AS polity, since, until, held AS support, sure AS certain_support,
  (sure = held)::INTEGER AS certain, until AS certain_since, until AS certain_until,
  0 AS score, 0 AS points, 0 AS spread, CASE WHEN known = 0 THEN -1 ELSE 1000 * ending // known END AS figure
FROM (
  SELECT actor, since, until, count(*) AS held, count(*) FILTER (WHERE sure AND sunset >= 0) AS sure,
    count(*) FILTER (WHERE sunset >= 0) AS known, count(*) FILTER (WHERE sunset = 1) AS ending
  FROM (
    SELECT c.actor, c.since, c.until, h.mandate, any_value(m.sunset) AS sunset,
      bool_or(sure_since <= moment AND moment < sure_until) AS sure
    FROM career c
    JOIN held h ON h.actor = c.actor AND h.since <= moment AND moment < h.until
    JOIN mandate m ON m.id = h.mandate
    GROUP BY c.actor, c.since, c.until, h.mandate
  )
  GROUP BY actor, since, until
);

INSERT INTO found BY NAME
SELECT $gap AS relation, -1 AS a, -1 AS b, e.function AS function_cell, e.subject AS subject_cell,
  0 AS part, e.polity, h.since, h.until, 0 AS support, 0 AS certain_support,
  (count(*) FILTER (WHERE f.whole) = 0)::INTEGER AS certain,
  h.until AS certain_since, h.until AS certain_until, 0 AS score, 0 AS points, 0 AS spread,
  (count(*) FILTER (WHERE NOT f.whole) > 0)::INTEGER AS figure
FROM hole h JOIN expected e ON e.id = h.id
LEFT JOIN filling f ON f.id = h.id AND f.since < h.until AND h.since < f.until
WHERE $live_hole
GROUP BY e.function, e.subject, e.polity, h.since, h.until;

-- All findings in their order, under their keys.
CREATE TABLE finding AS
SELECT row_number() OVER (
    ORDER BY relation, a, b, function_cell, subject_cell, polity, since)::INTEGER - 1 AS id, *
FROM found;
