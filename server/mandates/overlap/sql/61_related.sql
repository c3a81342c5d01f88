-- Related assignments in their order; they are one relation, and so stand together among all findings.
CREATE TABLE finding_related AS
SELECT row_number() OVER (ORDER BY a, b, subject_cell, since)::INTEGER - 1 AS id, *
FROM found_related;
