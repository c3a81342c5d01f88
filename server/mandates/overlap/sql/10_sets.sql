-- One axis of the mandates: each distinct set of concepts gets a number; -1 is the unknown.
-- $axis is the axis, $source its table.
CREATE TABLE ${axis}_list AS
SELECT mandate::INTEGER AS mandate, list(concept::INTEGER ORDER BY concept) AS members
FROM $source GROUP BY mandate;

CREATE TABLE ${axis}_set AS
SELECT (row_number() OVER (ORDER BY members) - 1)::INTEGER AS id, members
FROM (SELECT DISTINCT members FROM ${axis}_list);

CREATE TABLE ${axis}_of AS
SELECT mandate, id FROM ${axis}_list JOIN ${axis}_set USING (members);

CREATE TABLE ${axis}_member AS
SELECT id, unnest(members) AS concept FROM ${axis}_set;
