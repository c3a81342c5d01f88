-- Holdings, and for how long each is beyond doubt.

CREATE TABLE rivalry AS
SELECT DISTINCT a, b
FROM (SELECT a, b FROM rival UNION ALL SELECT b, a FROM rival);

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

-- Mandates of several actors, at once or one after the other.
CREATE TABLE shared AS
SELECT mandate FROM holding GROUP BY mandate HAVING min(actor) <> max(actor);
