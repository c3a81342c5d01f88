-- Fragmentation: who stands in an area, and when it is more than one.
-- $moment is the moment asked for, or else the last second of each interval.

CREATE TABLE reach AS
SELECT DISTINCT c.subjects, c.excluded, x.upper AS area
FROM (SELECT DISTINCT subjects, excluded FROM scope_of WHERE norm <> 3) c
JOIN subject_member s ON s.id = c.subjects
LEFT JOIN carving v ON v.excluded = c.excluded AND v.subject = s.concept
JOIN ancestor x ON x.lower = s.concept
JOIN concept_info i ON i.id = x.upper AND i.level BETWEEN 1 AND $level
WHERE coalesce(v.effect, 0) < 2;

CREATE TABLE area AS
SELECT h.mandate, h.actor, c.polity, r.area, h.since, h.until, h.sure_since, h.sure_until
FROM held h
JOIN (SELECT mandate, polity, subjects, excluded FROM scope_of WHERE norm <> 3) c USING (mandate)
JOIN reach r ON r.subjects = c.subjects AND r.excluded = c.excluded;

-- How many actors stand in an area from each moment on. Most are there for one spell, as long as
-- their longest mandate; only for the others must the dates be put in order.
CREATE TABLE stay AS
SELECT polity, area, actor, min(since) AS since, max(until) AS until,
  max(until - since) = max(until) - min(since) AS whole
FROM area GROUP BY polity, area, actor;

CREATE TABLE crowd AS
WITH run AS (
  SELECT polity, area, actor, since, until,
    sum(fresh) OVER (PARTITION BY polity, area, actor ORDER BY since, until) AS part
  FROM (
    SELECT *,
      coalesce(since > max(until) OVER (
        PARTITION BY polity, area, actor ORDER BY since, until
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true)::INTEGER AS fresh
    FROM (
      SELECT DISTINCT polity, area, actor, a.since, a.until
      FROM area a JOIN (SELECT polity, area, actor FROM stay WHERE NOT whole) s
        USING (polity, area, actor)
    )
  )
), spell AS (
  SELECT polity, area, since, until FROM stay WHERE whole
  UNION ALL
  SELECT polity, area, min(since), max(until) FROM run GROUP BY polity, area, actor, part
), edge AS (
  SELECT polity, area, since AS moment, 1 AS step FROM spell
  UNION ALL SELECT polity, area, until, -1 FROM spell
), counted AS (
  SELECT polity, area, moment, sum(step) AS step,
    sum(sum(step)) OVER (PARTITION BY polity, area ORDER BY moment) AS actors
  FROM edge GROUP BY polity, area, moment
)
SELECT polity, area, moment AS since,
  lead(moment) OVER (PARTITION BY polity, area ORDER BY moment) AS until, actors > 1 AS shared
FROM counted WHERE (actors > 1) <> (actors - step > 1);

CREATE TABLE fragment AS
SELECT row_number() OVER ()::INTEGER AS id, polity, area, since, until, $moment AS moment
FROM crowd WHERE shared AND since <= $moment AND $moment < until;

CREATE TABLE share AS
SELECT id, actor, count(*) AS mandates, count(*) FILTER (WHERE sure) AS certain
FROM (
  SELECT f.id, a.actor, a.mandate, bool_or(sure_since <= moment AND moment < sure_until) AS sure
  FROM fragment f
  JOIN area a ON a.polity = f.polity AND a.area = f.area AND a.since <= moment AND moment < a.until
  GROUP BY f.id, a.actor, a.mandate
)
GROUP BY id, actor;

-- The findings themselves, in the columns of all findings.
CREATE TABLE fragmented AS
SELECT $fragmentation AS relation, -1 AS a, -1 AS b, -1 AS function_cell, area AS subject_cell,
  id AS part, polity, since, until, total AS support, sure AS certain_support,
  (sure_actors > 1)::INTEGER AS certain, until AS certain_since, until AS certain_until,
  figure * $fragmentation_weight // 10000 AS score, 0 AS points, 0 AS spread, figure, 0 AS pieces
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
