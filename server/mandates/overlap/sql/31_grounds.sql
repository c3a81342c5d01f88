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

CREATE TABLE ground AS
SELECT id, (id % $concepts)::INTEGER AS subject, (id // $concepts)::INTEGER AS place, size, own,
  reach
FROM (
  SELECT ground AS id, count(*)::INTEGER AS size, bit_or(own) AS own, bit_or(reach) AS reach
  FROM stand GROUP BY ground
);

-- Grounds that meet, each pair once, one with itself if more than one span stands there: a is the one
-- on which fewer stand, since those are looked up on the other. Where the subjects differ, only if
-- functions may be comparable. On one ground a pair of actors is looked up in the order of their
-- names, on two in any order: loose is added to the second.
CREATE TABLE ground_pair AS
SELECT CASE WHEN turned THEN q ELSE p END AS a, CASE WHEN turned THEN p ELSE q END AS b,
  subject_similarity, place_similarity, CASE WHEN turned THEN under ELSE over END AS over,
  CASE WHEN turned THEN over ELSE under END AS under, known, subject, subject_cell, same,
  CASE WHEN turned THEN reach_p ELSE reach_q END AS reach,
  CASE WHEN p = q THEN 0 ELSE $actors END AS loose
FROM (
  SELECT p.id AS p, q.id AS q, p.size > q.size AS turned, s.similarity AS subject_similarity,
    t.similarity AS place_similarity, t.over, s.under * t.under AS under, t.known,
    s.lower AS subject, s.cell AS subject_cell, s.under = 1 AS same,
    p.reach AS reach_p, q.reach AS reach_q
  FROM ground p
  JOIN (SELECT * FROM comparable WHERE over = 1) s ON s.a = p.subject
  JOIN place_pair t ON t.a = p.place
  JOIN ground q ON q.id = t.b::BIGINT * $concepts + s.b
  WHERE (s.under = 1 AND p.id + (p.size = 1)::INTEGER <= t.b::BIGINT * $concepts + s.b)
    OR (s.under = 0 AND p.own & q.reach <> 0)
);
