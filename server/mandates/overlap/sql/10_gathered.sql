-- What supports findings, from whichever statement finds it; related assignments, which are more
-- than all others, on their own.

-- rank puts the strongest first: by points, then by the names of the two holdings.
CREATE MACRO ranked(points, p, q) AS
  points::BIGINT * 4503599627370496 + (67108863 - p)::BIGINT * 67108864 + (67108863 - q);

-- What was put into a rank.
CREATE MACRO ranked_points(rank) AS (rank // 4503599627370496)::SMALLINT;
CREATE MACRO ranked_p(rank) AS (67108863 - rank % 4503599627370496 // 67108864)::INTEGER;
CREATE MACRO ranked_q(rank) AS (67108863 - rank % 67108864)::INTEGER;

CREATE TABLE gathered_others (
  relation TINYINT, a INTEGER, b INTEGER, function_cell INTEGER, subject_cell INTEGER,
  since INTEGER, until INTEGER, support BIGINT, certain_support BIGINT,
  certain_since INTEGER, certain_until INTEGER, ranks BIGINT[]
);

CREATE TABLE gathered_related AS SELECT * FROM gathered_others;
