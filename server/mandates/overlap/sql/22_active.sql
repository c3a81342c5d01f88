-- For how long each actor holds anything at all.
CREATE TABLE active AS
SELECT actor, min(since) AS since, max(until) AS until
FROM (
  SELECT *, sum(fresh) OVER (PARTITION BY actor ORDER BY since, until) AS part
  FROM (
    SELECT actor, since, until,
      coalesce(since > max(until) OVER (
        PARTITION BY actor ORDER BY since, until
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true)::INTEGER AS fresh
    FROM (SELECT DISTINCT actor, since, until FROM span)
  )
)
GROUP BY actor, part;
