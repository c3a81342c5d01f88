-- The scope of each mandate, with its set of conditions and its place by number.

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
