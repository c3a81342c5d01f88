-- All other findings in their order.
CREATE TABLE finding_others AS
SELECT row_number() OVER (
    ORDER BY relation, a, b, function_cell, subject_cell, polity, since)::INTEGER - 1 AS id, *
FROM (
  SELECT * FROM found_others
  UNION ALL SELECT * FROM fragmented
  UNION ALL SELECT * FROM sunsets
  UNION ALL SELECT * FROM gaps
);
