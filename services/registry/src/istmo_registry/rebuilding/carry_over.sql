-- From the live tables to the fresh ones, which hold what the log comes to: what must not be lost, and versions. Every id
-- ever published keeps its row; what only the rebuild went through on its way is forgotten.

INSERT INTO {fresh}.offsets SELECT * FROM {live}.offsets ON CONFLICT DO NOTHING;

-- The directory as the log tells of it; what waits to be published is newer in the live tables.
CREATE TEMPORARY TABLE newer ON COMMIT DROP AS
SELECT id FROM {live}.organisations l LEFT JOIN {fresh}.organisations f USING (id)
WHERE f.version IS NULL OR f.version < l.version;

DELETE FROM {fresh}.organisations WHERE id IN (SELECT id FROM newer);
INSERT INTO {fresh}.organisations SELECT * FROM {live}.organisations WHERE id IN (SELECT id FROM newer);

DELETE FROM {fresh}.organisation_identifiers WHERE organisation IN (SELECT id FROM newer);
INSERT INTO {fresh}.organisation_identifiers
SELECT * FROM {live}.organisation_identifiers WHERE organisation IN (SELECT id FROM newer);

DELETE FROM {fresh}.organisation_aliases WHERE organisation IN (SELECT id FROM newer);
INSERT INTO {fresh}.organisation_aliases
SELECT * FROM {live}.organisation_aliases WHERE organisation IN (SELECT id FROM newer);

INSERT INTO {fresh}.parked SELECT * FROM {live}.parked WHERE stage = 'relay' ON CONFLICT DO NOTHING;

-- How reports went: as they were followed when they came, not as the rebuild met them. Activities go by their names.
CREATE TEMPORARY TABLE renumbered ON COMMIT DROP AS
SELECT l.id AS live, f.id AS fresh FROM {live}.activities l JOIN {fresh}.activities f USING (reporter, activity);
CREATE UNIQUE INDEX ON renumbered (live);

DELETE FROM {fresh}.arrivals;
INSERT INTO {fresh}.arrivals (partner, source, event, trace, activity, place, recorded, began, ended, outcome)
SELECT partner, source, event, trace, fresh, place, recorded, began, ended, outcome
FROM {live}.arrivals LEFT JOIN renumbered ON live = activity;

DELETE FROM {fresh}.stage_records;
INSERT INTO {fresh}.stage_records (trace, stage, activity, subject, since, began, ended, outcome, onto)
SELECT trace, stage, fresh, subject, since, began, ended, outcome, onto
FROM {live}.stage_records LEFT JOIN renumbered ON live = activity;

DELETE FROM {fresh}.outbox;
INSERT INTO {fresh}.outbox (lane, topic, key, headers, value, version, traceparent, since)
SELECT lane, topic, key, headers, value, version, traceparent, since FROM {live}.outbox ORDER BY id;

-- What was last published, by handle: row ids differ.
CREATE TEMPORARY TABLE published ON COMMIT DROP AS
SELECT a.handle, a.reporter, a.activity, p.version, p.outcome
FROM {live}.programmes p JOIN {live}.activities a ON a.id = p.root;

INSERT INTO {fresh}.activities (reporter, activity, handle)
SELECT reporter, activity, handle FROM published ORDER BY reporter, activity ON CONFLICT DO NOTHING;

INSERT INTO {fresh}.programmes (root, version, clear, outcome)
SELECT a.id, 0, true, NULL FROM {fresh}.activities a JOIN published USING (handle) ON CONFLICT DO NOTHING;

DELETE FROM {fresh}.programmes p USING {fresh}.activities a
WHERE a.id = p.root AND p.outcome IS NULL AND a.handle NOT IN (SELECT handle FROM published);

CREATE TEMPORARY TABLE changed_programmes ON COMMIT DROP AS
SELECT p.root FROM {fresh}.programmes p JOIN {fresh}.activities a ON a.id = p.root LEFT JOIN published l USING (handle)
WHERE p.outcome IS DISTINCT FROM l.outcome;

UPDATE {fresh}.programmes p SET version = coalesce(l.version, 0)
FROM {fresh}.activities a LEFT JOIN published l USING (handle)
WHERE a.id = p.root;

UPDATE {fresh}.programmes SET version = version + 1 WHERE root IN (SELECT root FROM changed_programmes);

INSERT INTO {fresh}.findings (key, kind, reporter, other, sides)
SELECT key, kind, reporter, other, sides FROM {live}.findings ON CONFLICT DO NOTHING;

DELETE FROM {fresh}.findings f
WHERE f.content IS NULL AND NOT EXISTS (SELECT FROM {live}.findings l WHERE l.key = f.key);

CREATE TEMPORARY TABLE changed_findings ON COMMIT DROP AS
SELECT f.key FROM {fresh}.findings f LEFT JOIN {live}.findings l USING (key)
WHERE f.content IS DISTINCT FROM l.content;

UPDATE {fresh}.findings f SET version = coalesce((SELECT version FROM {live}.findings l WHERE l.key = f.key), 0);

UPDATE {fresh}.findings SET version = version + 1 WHERE key IN (SELECT key FROM changed_findings);
