-- Sunset coverage, and gaps. $moment is as in fragmentation.

CREATE TABLE career AS
SELECT actor, since, until, $moment AS moment
FROM active WHERE since <= $moment AND $moment < until;

-- Gaps: what is expected, less what somebody certainly holds.
CREATE TABLE expected AS
SELECT row_number() OVER (ORDER BY function, subject, polity, since)::INTEGER AS id, *
FROM (
  SELECT function, subject, polity, min(since) AS since, max(until) AS until
  FROM (
    SELECT *, sum(fresh) OVER (PARTITION BY function, subject, polity ORDER BY since, until) AS part
    FROM (
      SELECT *, coalesce(since > max(until) OVER (
        PARTITION BY function, subject, polity ORDER BY since, until
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true)::INTEGER AS fresh
      FROM expectation
    )
  )
  GROUP BY function, subject, polity, part
);

CREATE TABLE filling AS
SELECT e.id, s.first, s.since, s.until, s.sure_since, s.sure_until,
  bool_or(e.over = 1 AND t.over = 1) AS whole
FROM span s
JOIN (
  SELECT e.*, f.a AS met, f.over FROM comparable f JOIN expected e ON e.function = f.b
) e ON e.met = s.function AND e.polity = s.polity
JOIN subject_member m ON m.id = s.subjects
JOIN comparable t ON t.a = m.concept AND t.b = e.subject
LEFT JOIN carving v ON v.excluded = s.excluded AND v.subject = e.subject
LEFT JOIN carving w ON w.excluded = s.excluded AND w.subject = t.lower
WHERE s.norm <> 3 AND coalesce(v.effect, 0) < 2 AND coalesce(w.effect, 0) < 2
GROUP BY e.id, s.first, s.since, s.until, s.sure_since, s.sure_until;

CREATE TABLE hole AS
WITH wall AS (
  SELECT id, sure_since AS since, sure_until AS until FROM filling
  WHERE whole AND sure_since < sure_until
  UNION ALL SELECT id, $earliest, $earliest FROM expected
  UNION ALL SELECT id, $open, $open FROM expected
), swept AS (
  SELECT id, max(until) OVER (
      PARTITION BY id ORDER BY since, until
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS since,
    since AS until
  FROM wall
)
SELECT e.id, greatest(s.since, e.since) AS since, least(s.until, e.until) AS until
FROM swept s JOIN expected e ON e.id = s.id
WHERE greatest(s.since, e.since) < least(s.until, e.until);

-- The findings themselves.
CREATE TABLE sunsets AS
SELECT $sunset_coverage AS relation, actor AS a, -1 AS b, -1 AS function_cell, -1 AS subject_cell,
  0 AS part, -1 AS polity, since, until, held AS support, sure AS certain_support,
  (sure = held)::INTEGER AS certain, until AS certain_since, until AS certain_until,
  0 AS score, 0 AS points, 0 AS spread,
  CASE WHEN known = 0 THEN -1 ELSE 1000 * ending // known END AS figure, 0 AS pieces
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

CREATE TABLE gaps AS
SELECT $gap AS relation, -1 AS a, -1 AS b, e.function AS function_cell, e.subject AS subject_cell,
  0 AS part, e.polity, h.since, h.until, 0 AS support, 0 AS certain_support,
  (count(*) FILTER (WHERE f.whole) = 0)::INTEGER AS certain,
  h.until AS certain_since, h.until AS certain_until, 0 AS score, 0 AS points, 0 AS spread,
  (count(*) FILTER (WHERE NOT f.whole) > 0)::INTEGER AS figure, 0 AS pieces
FROM hole h JOIN expected e ON e.id = h.id
LEFT JOIN filling f ON f.id = h.id AND f.since < h.until AND h.since < f.until
WHERE $live_hole
GROUP BY e.function, e.subject, e.polity, h.since, h.until;
