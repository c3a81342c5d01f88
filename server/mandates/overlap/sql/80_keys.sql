-- The key of a finding tells what it is about, in names and dates, whatever the numbers are.
CREATE TABLE keyed AS
SELECT f.id, substr(sha256(concat_ws(chr(10), r.name, coalesce(x.name, '-'), coalesce(y.name, '-'),
  coalesce(fc.name, '-'), coalesce(sc.name, '-'), coalesce(p.name, '-'),
  m.value::VARCHAR)), 1, 20) AS key
FROM finding f
JOIN relation_weight r ON r.relation = f.relation
JOIN moment m ON m.id = f.since
LEFT JOIN actor_name x ON x.id = f.a
LEFT JOIN actor_name y ON y.id = f.b
LEFT JOIN concept_name fc ON fc.id = f.function_cell
LEFT JOIN concept_name sc ON sc.id = f.subject_cell
LEFT JOIN polity_name p ON p.id = f.polity;
