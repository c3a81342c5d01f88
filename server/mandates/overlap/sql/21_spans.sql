-- Holdings that no reason can tell apart form a span, named after the first of them. All dates are
-- numbers of moments.

CREATE TABLE scope_of AS
SELECT m.id AS mandate, m.function, m."force"::TINYINT AS norm,
  m."leading"::TINYINT AS leads, m.exclusive::TINYINT AS exclusive, p.id AS place,
  p.polity, m.subject_set AS subjects, m.excluded_set AS excluded,
  m.layer_set AS layers, m.addressee_set AS addressees,
  coalesce(q.id, -1) AS asked, coalesce(h.mandate, -1) AS shared,
  coalesce(i.until, $open) AS lapse
FROM mandate m
JOIN place p ON p.territories = m.territory_set AND p.polity = m.polity
LEFT JOIN asked_of q ON q.mandate = m.id
LEFT JOIN shared h ON h.mandate = m.id
LEFT JOIN instrument i ON i.id = m.instrument;

-- A holding in a reading is beyond doubt if each rival reading gives it for at least as long.
CREATE TABLE confirmed AS
SELECT h.id FROM holding h JOIN rivalry r ON r.a = h.reading
LEFT JOIN holding o ON o.mandate = h.mandate AND o.actor = h.actor AND o.reading = r.b
  AND o.certain_since < o.certain_until
  AND o.certain_since <= h.certain_since AND h.certain_until <= o.certain_until
GROUP BY h.id HAVING count(DISTINCT r.b) = count(DISTINCT o.reading);

-- sure_since = sure_until where nothing is beyond doubt.
CREATE TABLE held AS
SELECT id, mandate, actor, since, until, reading, transitional,
  CASE WHEN sure THEN certain_since ELSE until END AS sure_since,
  CASE WHEN sure THEN certain_until ELSE until END AS sure_until
FROM (
  SELECT h.id AS id, h.mandate, h.actor,
    h.since AS since, h.until, h.reading,
    (h.status = 1)::TINYINT AS transitional, h.certain_since AS certain_since,
    h.certain_until AS certain_until,
    h.status <> 2 AND h.certain_since < h.certain_until
      AND (h.reading < 0 OR c.id IS NOT NULL) AS sure
  FROM holding h LEFT JOIN confirmed c ON c.id = h.id
);

CREATE TABLE span AS
SELECT min(id) AS first, count(*)::INTEGER AS alike, actor, transitional, reading, function, norm,
  leads, exclusive, place, polity, subjects, excluded, layers, addressees, asked, shared, since,
  until, sure_since, sure_until
FROM held JOIN scope_of USING (mandate)
GROUP BY ALL;

-- For how long each actor holds anything at all.
CREATE TABLE active AS
SELECT actor, min(since) AS since, max(until) AS until
FROM (
  SELECT *, sum(fresh) OVER (PARTITION BY actor ORDER BY since, until) AS part
  FROM (
    SELECT actor, since, until,
      coalesce(since > max(until) OVER (
        PARTITION BY actor ORDER BY since, until
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true)::INTEGER AS fresh
    FROM (SELECT DISTINCT actor, since, until FROM span)
  )
)
GROUP BY actor, part;
