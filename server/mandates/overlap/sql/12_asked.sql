-- Which mandates ask for what of whom, and when.

-- The strongest condition for each counterpart of a mandate, in pieces of all time cut where any of
-- them begins or ends, -1 where none stands. sure tells for how long one of them, whichever, stands
-- beyond doubt, and agreed for how long one of agreement does: of several from the first to the last,
-- and where none does it would begin after its end.
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
SELECT p.mandate, p.counterpart, p.since, p.until, coalesce(max(w.mitigation), -1) AS mitigation,
  coalesce(min(c.certain_since) FILTER (WHERE c.sure), $open) AS sure_since,
  coalesce(max(c.certain_until) FILTER (WHERE c.sure), $earliest) AS sure_until,
  coalesce(min(c.certain_since) FILTER (WHERE c.sure AND w.mitigation IN ($agreement)), $open)
    AS agreed_since,
  coalesce(max(c.certain_until) FILTER (WHERE c.sure AND w.mitigation IN ($agreement)), $earliest)
    AS agreed_until
FROM piece p
LEFT JOIN (SELECT *, certain_since < certain_until AS sure FROM condition) c
  ON c.mandate = p.mandate AND c.counterpart = p.counterpart
  AND c.since <= p.since AND p.until <= c.until
LEFT JOIN condition_weight w ON w.kind = c.kind
WHERE p.until IS NOT NULL
GROUP BY p.mandate, p.counterpart, p.since, p.until;

-- The distinct pieces, and the distinct sets of them.
CREATE TABLE asked_piece AS
SELECT (row_number() OVER (
    ORDER BY counterpart, since, until, mitigation, sure_since, sure_until) - 1)::INTEGER AS number,
  counterpart, since, until, mitigation, sure_since, sure_until
FROM (
  SELECT DISTINCT counterpart, since, until, mitigation, sure_since, sure_until FROM asked
);

CREATE TABLE asked_list AS
SELECT mandate, list(number ORDER BY number) AS members
FROM asked JOIN asked_piece
  USING (counterpart, since, until, mitigation, sure_since, sure_until)
GROUP BY mandate;

CREATE TABLE asked_set AS
SELECT (row_number() OVER (ORDER BY members) - 1)::INTEGER AS id, members
FROM (SELECT DISTINCT members FROM asked_list);

CREATE TABLE asked_of AS SELECT mandate, id FROM asked_list JOIN asked_set USING (members);

CREATE TABLE asked_member AS
SELECT id, counterpart, mitigation, since, until, sure_since, sure_until
FROM (SELECT id, unnest(members) AS number FROM asked_set) JOIN asked_piece USING (number);
