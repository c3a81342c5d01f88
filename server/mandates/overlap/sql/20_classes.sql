-- Holdings that no reason can tell apart form a class; those of a class with the same dates a span.

-- Comparable concepts: a is over b, or under b, or both if they are the same.
CREATE TABLE comparable AS
SELECT u.id AS a, l.id AS b, l.id AS lower, l.cell,
  2000 * u.depth // (u.depth + l.depth) AS similarity, 1 AS over, (u.id = l.id)::INTEGER AS under
FROM ancestor JOIN concept_info u ON u.id = ancestor.upper JOIN concept_info l ON l.id = ancestor.lower
UNION ALL
SELECT l.id, u.id, l.id, l.cell, 2000 * u.depth // (u.depth + l.depth), 0, 1
FROM ancestor JOIN concept_info u ON u.id = ancestor.upper JOIN concept_info l ON l.id = ancestor.lower
WHERE u.id <> l.id;

-- The strongest condition for each counterpart of a mandate, and the distinct sets of them.
CREATE TABLE asked AS
SELECT mandate::INTEGER AS mandate, counterpart::INTEGER AS counterpart, max(mitigation) AS mitigation
FROM condition JOIN condition_weight USING (kind) GROUP BY ALL;

CREATE TABLE asked_list AS
SELECT mandate, list(counterpart::BIGINT * 1001 + mitigation ORDER BY counterpart) AS members
FROM asked GROUP BY mandate;

CREATE TABLE asked_set AS
SELECT (row_number() OVER (ORDER BY members) - 1)::INTEGER AS id, members
FROM (SELECT DISTINCT members FROM asked_list);

CREATE TABLE asked_of AS SELECT mandate, id FROM asked_list JOIN asked_set USING (members);

CREATE TABLE asked_member AS
SELECT id, (member // 1001)::INTEGER AS counterpart, (member % 1001)::INTEGER AS mitigation
FROM (SELECT id, unnest(members) AS member FROM asked_set);

CREATE TABLE shared AS
SELECT mandate::INTEGER AS mandate FROM holding GROUP BY mandate HAVING min(actor) <> max(actor);

-- A place is a set of territories in a legal order: the unknown territory is read within one order.
CREATE TABLE place AS
SELECT (row_number() OVER (ORDER BY territories, polity) - 1)::INTEGER AS id, territories, polity
FROM (
  SELECT DISTINCT territory_set::INTEGER AS territories, polity::INTEGER AS polity FROM mandate
);

CREATE TABLE scope_of AS
SELECT m.id::INTEGER AS mandate, m.function::INTEGER AS function, m."force"::TINYINT AS norm,
  m."leading"::TINYINT AS leads, m.exclusive::TINYINT AS exclusive, p.id AS place,
  m.subject_set::INTEGER AS subjects, m.excluded_set::INTEGER AS excluded,
  m.layer_set::INTEGER AS layers, m.addressee_set::INTEGER AS addressees,
  coalesce(q.id, -1) AS asked, coalesce(h.mandate, -1) AS shared
FROM mandate m
LEFT JOIN asked_of q ON q.mandate = m.id
LEFT JOIN shared h ON h.mandate = m.id
JOIN place p ON p.territories = m.territory_set AND p.polity = m.polity;

CREATE TABLE rivalry AS
SELECT DISTINCT a::INTEGER AS a, b::INTEGER AS b
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
SELECT h.id::INTEGER AS id, h.mandate::INTEGER AS mandate, h.actor::INTEGER AS actor,
  h.since, h.until, h.reading::INTEGER AS reading, (h.status = 1)::TINYINT AS transitional,
  CASE WHEN sure THEN h.certain_since ELSE h.until END AS sure_since,
  CASE WHEN sure THEN h.certain_until ELSE h.until END AS sure_until
FROM (
  SELECT h.*, h.status <> 2 AND h.certain_since < h.certain_until
    AND (h.reading < 0 OR c.id IS NOT NULL) AS sure
  FROM holding h LEFT JOIN confirmed c ON c.id = h.id
) h;

CREATE TABLE spanned AS
SELECT actor, transitional, reading, function, norm, leads, exclusive, place, subjects, excluded,
  layers, addressees, asked, shared, since, until, sure_since, sure_until,
  min(id) AS first, count(*)::INTEGER AS alike
FROM held JOIN scope_of USING (mandate)
GROUP BY ALL;

CREATE TABLE class AS
SELECT row_number() OVER ()::INTEGER AS id, *
FROM (
  SELECT DISTINCT actor, transitional, reading, function, norm, leads, exclusive, place,
    subjects, excluded, layers, addressees, asked, shared
  FROM spanned
);

CREATE TABLE span AS
SELECT c.id AS class, since, until, sure_since, sure_until, first, alike
FROM spanned JOIN class c
  USING (actor, transitional, reading, function, norm, leads, exclusive, place, subjects,
    excluded, layers, addressees, asked, shared);

DROP TABLE spanned;

CREATE VIEW span_of AS
SELECT h.id, s.first
FROM held h JOIN scope_of USING (mandate)
JOIN class c
  USING (actor, transitional, reading, function, norm, leads, exclusive, place, subjects,
    excluded, layers, addressees, asked, shared)
JOIN span s ON s.class = c.id AND s.since = h.since AND s.until = h.until
  AND s.sure_since = h.sure_since AND s.sure_until = h.sure_until
WHERE asked >= 0;
