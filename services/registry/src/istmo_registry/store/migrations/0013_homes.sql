-- Beside whom a report names stands where it works: [role, identifier, names, whether the line that names it is CLEAR,
-- times, the only country of the report and of its CLEAR lines, or null] (domain/parties.py).
WITH stated AS (
    SELECT a.id, upper(country ->> 'code') AS country
    FROM activities a, jsonb_array_elements(coalesce(a.report::jsonb -> 'recipient_countries', '[]')) AS c (country)
    UNION ALL
    SELECT a.id, NULL FROM activities a WHERE coalesce(a.report::jsonb -> 'recipient_regions', '[]') <> '[]'
    UNION ALL
    SELECT t.activity, upper(t.data::jsonb #>> '{recipient_country,code}')
    FROM transactions t
    WHERE t.clear AND (t.data::jsonb -> 'recipient_country' <> 'null' OR t.data::jsonb -> 'recipient_region' <> 'null')
), homes AS (
    SELECT id, CASE WHEN bool_and(country IS NOT NULL) AND count(DISTINCT country) = 1 THEN min(country) END AS home
    FROM stated GROUP BY id
)
UPDATE activities a SET parties = (
    SELECT jsonb_agg(party || jsonb_build_array(h.home))::text FROM jsonb_array_elements(a.parties::jsonb) AS p (party)
)
FROM activities s LEFT JOIN homes h ON h.id = s.id
WHERE s.id = a.id AND a.parties IS NOT NULL;
