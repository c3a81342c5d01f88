CREATE TABLE place_pair AS
SELECT p.id AS a, q.id AS b, similarity, over, under, known
FROM place p JOIN territory_pair t ON t.a = p.territories JOIN place q ON q.territories = t.b
WHERE known = 1 OR p.polity = q.polity;

-- What an exclusion does to a subject: 2 carves it out, 1 takes away something below it.
CREATE TABLE carving AS
SELECT excluded, subject, max(effect) AS effect
FROM (
  SELECT m.id AS excluded, x.lower AS subject, 2 AS effect
  FROM excluded_member m JOIN ancestor x ON x.upper = m.concept
  UNION ALL
  SELECT m.id, x.upper, 1 FROM excluded_member m JOIN ancestor x ON x.lower = m.concept
)
GROUP BY ALL;

-- A class stands at one spot (function, subject, place) for each subject that it does not carve out.
CREATE TABLE standing AS
SELECT c.id AS class, c.function, s.concept AS subject, c.place
FROM class c JOIN subject_member s ON s.id = c.subjects
LEFT JOIN carving x ON x.excluded = c.excluded AND x.subject = s.concept
WHERE c.function >= 0 AND coalesce(x.effect, 0) < 2;

CREATE TABLE spot AS
SELECT row_number() OVER ()::INTEGER AS id, *
FROM (SELECT DISTINCT function, subject, place FROM standing);

CREATE TABLE placed AS
SELECT spot.id AS spot, c.*, coalesce(len(s.members) > 1, false) AS several
FROM standing JOIN spot USING (function, subject, place)
JOIN class c ON c.id = standing.class
JOIN subject_set s ON s.id = c.subjects;

DROP TABLE standing;

-- Spots that meet, each pair once.
CREATE TABLE meeting AS
SELECT p.id AS a, q.id AS b,
  f.similarity::INTEGER AS function_similarity, s.similarity::INTEGER AS subject_similarity,
  t.similarity::INTEGER AS place_similarity,
  f.over * s.over * t.over = 1 AS over, f.under * s.under * t.under = 1 AS under, t.known = 1 AS known,
  fc.cell AS function_cell, sc.cell AS subject_cell, s.lower AS subject
FROM spot p
JOIN comparable f ON f.a = p.function
JOIN comparable s ON s.a = p.subject
JOIN place_pair t ON t.a = p.place
JOIN spot q ON q.function = f.b AND q.subject = s.b AND q.place = t.b
JOIN concept_info fc ON fc.id = f.lower
JOIN concept_info sc ON sc.id = s.lower
WHERE p.id <= q.id;
