-- What the scopes of mandates are made of: comparable concepts, sets of conditions, places.

-- Comparable concepts: a is over b, or under b, or both if they are the same.
CREATE TABLE comparable AS
SELECT u.id AS a, l.id AS b, l.id AS lower, l.cell,
  (2000 * u.depth // (u.depth + l.depth))::SMALLINT AS similarity, 1::TINYINT AS over,
  (u.id = l.id)::TINYINT AS under
FROM ancestor JOIN concept_info u ON u.id = ancestor.upper JOIN concept_info l ON l.id = ancestor.lower
UNION ALL
SELECT l.id, u.id, l.id, l.cell, 2000 * u.depth // (u.depth + l.depth), 0, 1
FROM ancestor JOIN concept_info u ON u.id = ancestor.upper JOIN concept_info l ON l.id = ancestor.lower
WHERE u.id <> l.id;

-- A bit for each function, which some share, and the bits of all that are comparable with it.
CREATE TABLE bits AS
SELECT f.b AS function, i.kin, 1::BIGINT << (f.b % 63) AS own,
  bit_or(1::BIGINT << (f.a % 63)) AS reach
FROM comparable f JOIN concept_info i ON i.id = f.b GROUP BY f.b, i.kin;

-- What an exclusion does to a subject: 2 carves it out, 1 takes away something below it.
CREATE TABLE carving AS
SELECT excluded, subject, max(effect)::TINYINT AS effect
FROM (
  SELECT m.id AS excluded, x.lower AS subject, 2 AS effect
  FROM excluded_member m JOIN ancestor x ON x.upper = m.concept
  UNION ALL
  SELECT m.id, x.upper, 1 FROM excluded_member m JOIN ancestor x ON x.lower = m.concept
)
GROUP BY ALL;

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
