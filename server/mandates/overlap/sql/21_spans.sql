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
