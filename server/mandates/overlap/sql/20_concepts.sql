-- What is known of concepts before any mandate is looked at.

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

-- A bit for each concept, which some share, and the bits of all that are comparable with it; and the
-- same of each set of layers.
CREATE TABLE bits AS
SELECT c.b AS concept, i.kin, 1::BIGINT << (c.b % 63) AS own,
  bit_or(1::BIGINT << (c.a % 63)) AS reach
FROM comparable c JOIN concept_info i ON i.id = c.b GROUP BY c.b, i.kin;

CREATE TABLE layer_bits AS
SELECT m.id AS layers, bit_or(own) AS own, bit_or(reach) AS reach
FROM layer_member m JOIN bits b ON b.concept = m.concept GROUP BY m.id;

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
