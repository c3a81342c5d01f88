-- The scope of each mandate, with its set of conditions and its place by number.

-- The strongest condition for each counterpart of a mandate, and the distinct sets of them.
CREATE TABLE asked AS
SELECT mandate, counterpart, max(mitigation) AS mitigation
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
SELECT mandate FROM holding GROUP BY mandate HAVING min(actor) <> max(actor);

-- A place is a set of territories in a legal order: the unknown territory is read within one order.
CREATE TABLE place AS
SELECT (row_number() OVER (ORDER BY territories, polity) - 1)::INTEGER AS id, territories, polity
FROM (
  SELECT DISTINCT territory_set AS territories, polity FROM mandate
);

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
