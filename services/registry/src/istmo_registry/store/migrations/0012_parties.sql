-- Whom a report names, as canonical JSON: a list of [role, identifier, names, whether the line that names it is CLEAR, times]
-- (domain/parties.py), put down whenever the activity is folded. NULL while nothing was reported of it.
ALTER TABLE activities ADD parties text COLLATE "C";

UPDATE activities a SET parties = (
    SELECT jsonb_agg(jsonb_build_array(role, identifier, names, clear, times))::text
    FROM (
        SELECT role, party ->> 'identifier' AS identifier, jsonb_path_query_array(party, '$.names[*].text') AS names,
            clear, count(*) AS times
        FROM (
            SELECT 'reporting' AS role, true AS clear,
                jsonb_build_object('identifier', a.reporter, 'names', coalesce(a.report::jsonb -> 'reporter_names', '[]'))
            UNION ALL
            SELECT party ->> 'role', true, party
            FROM jsonb_array_elements(coalesce(a.report::jsonb -> 'participating_organisations', '[]')) AS p (party)
            UNION ALL
            SELECT role, t.clear, party FROM transactions t CROSS JOIN LATERAL jsonb_each(t.data::jsonb) AS d (role, party)
            WHERE t.activity = a.id AND role IN ('provider', 'receiver') AND jsonb_typeof(party) = 'object'
        ) AS named (role, clear, party)
        GROUP BY role, identifier, names, clear
    ) AS counted
) WHERE report IS NOT NULL;

-- The records of organisations as the log told them: the directory by which matching reads reports, written where reports
-- are folded and nowhere else, so that all are read by the same one (`organisations` is ahead of it). It is empty at first,
-- as what stands was read by the known organisations alone: a rebuild fills it.
CREATE TABLE directory (
    id      text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    record  text COLLATE "C" NOT NULL
);
