-- What supports findings, from whichever statement finds it; related assignments, which are more
-- than all others, on their own.

-- rank puts the strongest first: by points, then by the names of the two holdings.
CREATE MACRO ranked(points, p, q) AS
  points::BIGINT * 4503599627370496 + (67108863 - p)::BIGINT * 67108864 + (67108863 - q);

CREATE TABLE gathered_others (
  relation TINYINT, a INTEGER, b INTEGER, function_cell INTEGER, subject_cell INTEGER,
  since INTEGER, until INTEGER, support BIGINT, certain_support BIGINT,
  certain_since INTEGER, certain_until INTEGER, ranks BIGINT[]
);

CREATE TABLE gathered_related AS SELECT * FROM gathered_others;
