-- Grounds, and which of them meet.

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
