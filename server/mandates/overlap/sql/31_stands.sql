-- Where spans stand, and which places meet: an unknown territory only those of its own legal order.

CREATE TABLE place_pair AS
SELECT p.id AS a, q.id AS b, similarity, over, under, known
FROM place p JOIN territory_pair t ON t.a = p.territories JOIN place q ON q.territories = t.b
WHERE known OR p.polity = q.polity;

-- A span stands on a ground, a subject in a place, for each subject that it does not carve out. The
-- bits of its function tell most apart before anything is looked up.
CREATE TABLE stand AS
SELECT s.first::BIGINT * $concepts + m.concept AS id,
  s.place::BIGINT * $concepts + m.concept AS ground, m.concept AS subject, t.size > 1 AS several,
  s.first, s.alike, s.actor, s.transitional > 0 AS transitional, s.function, s.norm, s.leads,
  s.exclusive > 0 AS exclusive, s.layers, s.addressees,
  CASE WHEN s.reading >= 0 THEN s.reading END AS reading,
  CASE WHEN s.excluded >= 0 THEN s.excluded END AS excluded,
  CASE WHEN s.asked >= 0 THEN s.asked END AS asked,
  CASE WHEN s.shared >= 0 THEN s.shared END AS shared,
  s.since, s.until, s.sure_since, s.sure_until, b.kin, b.own, b.reach
FROM span s
JOIN bits b ON b.concept = s.function
JOIN subject_set t ON t.id = s.subjects
JOIN subject_member m ON m.id = s.subjects
LEFT JOIN carving x ON x.excluded = s.excluded AND x.subject = m.concept
WHERE coalesce(x.effect, 0) < 2;
