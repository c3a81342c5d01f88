-- Holdings that no reason can tell apart form a span, named after the first of them. All dates are
-- numbers of moments.

CREATE TABLE span AS
SELECT min(id) AS first, count(*)::INTEGER AS alike, actor, transitional, reading, function, norm,
  leads, exclusive, place, polity, subjects, excluded, layers, addressees, asked, shared, since,
  until, sure_since, sure_until
FROM held JOIN scope_of USING (mandate)
GROUP BY ALL;
