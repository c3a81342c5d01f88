-- Which mandates ask for what of whom, and when.

-- The strongest condition for each counterpart of a mandate, in pieces of all time cut where any of
-- them begins or ends, -1 where none stands; and the distinct sets of them. A member of a set is one
-- number, of which each date takes 31 bits.
CREATE TABLE asked AS
WITH mark AS (
  SELECT mandate, counterpart, since AS moment FROM condition
  UNION SELECT mandate, counterpart, until FROM condition
  UNION SELECT mandate, counterpart, $earliest FROM condition
  UNION SELECT mandate, counterpart, $open FROM condition
), piece AS (
  SELECT mandate, counterpart, moment AS since,
    lead(moment) OVER (PARTITION BY mandate, counterpart ORDER BY moment) AS until
  FROM mark
)
SELECT p.mandate, p.counterpart, p.since, p.until, coalesce(max(w.mitigation), -1) AS mitigation
FROM piece p
LEFT JOIN condition c ON c.mandate = p.mandate AND c.counterpart = p.counterpart
  AND c.since <= p.since AND p.until <= c.until
LEFT JOIN condition_weight w ON w.kind = c.kind
WHERE p.until IS NOT NULL
GROUP BY p.mandate, p.counterpart, p.since, p.until;

CREATE TABLE asked_list AS
SELECT mandate, list(
  (counterpart::HUGEINT * 1002 + mitigation + 1) * 4611686018427387904
    + since::BIGINT * 2147483648 + until ORDER BY counterpart, since) AS members
FROM asked GROUP BY mandate;

CREATE TABLE asked_set AS
SELECT (row_number() OVER (ORDER BY members) - 1)::INTEGER AS id, members
FROM (SELECT DISTINCT members FROM asked_list);

CREATE TABLE asked_of AS SELECT mandate, id FROM asked_list JOIN asked_set USING (members);

CREATE TABLE asked_member AS
SELECT id, (member // 4611686018427387904 // 1002)::INTEGER AS counterpart,
  (member // 4611686018427387904 % 1002 - 1)::INTEGER AS mitigation,
  (member // 2147483648 % 2147483648)::INTEGER AS since, (member % 2147483648)::INTEGER AS until
FROM (SELECT id, unnest(members) AS member FROM asked_set);
