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

-- A class stands on a ground (subject, place) for each subject that it does not carve out.
CREATE TABLE standing AS
SELECT c.id AS class, s.concept AS subject, c.place, t.size > 1 AS several
FROM class c JOIN subject_set t ON t.id = c.subjects JOIN subject_member s ON s.id = c.subjects
LEFT JOIN carving x ON x.excluded = c.excluded AND x.subject = s.concept
WHERE c.function >= 0 AND coalesce(x.effect, 0) < 2;

CREATE TABLE ground AS
SELECT row_number() OVER ()::INTEGER AS id, subject, place
FROM (SELECT DISTINCT subject, place FROM standing);

CREATE TABLE placed AS
SELECT g.id AS ground, s.subject, s.several, c.*
FROM standing s JOIN ground g USING (subject, place) JOIN class c ON c.id = s.class;

DROP TABLE standing;

-- Grounds that meet, each pair once.
CREATE TABLE ground_pair AS
SELECT p.id AS a, q.id AS b, s.similarity AS subject_similarity, t.similarity AS place_similarity,
  s.over * t.over AS over, s.under * t.under AS under, t.known = 1 AS known,
  s.lower AS subject, i.cell AS subject_cell, p.subject = q.subject AS same
FROM ground p
JOIN comparable s ON s.a = p.subject
JOIN place_pair t ON t.a = p.place
JOIN ground q ON q.subject = s.b AND q.place = t.b
JOIN concept_info i ON i.id = s.lower
WHERE p.id <= q.id;
