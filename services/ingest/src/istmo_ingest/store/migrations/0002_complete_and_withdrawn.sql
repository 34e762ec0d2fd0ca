-- An import can be withdrawn, and its file can be complete: then the journal knows what it had.

ALTER TABLE imports ADD COLUMN withdrawn timestamptz, ADD COLUMN complete boolean NOT NULL DEFAULT false;

DROP INDEX imports_open;
CREATE UNIQUE INDEX imports_open ON imports (partner, sha256, tlp, groups) WHERE finished IS NULL AND withdrawn IS NULL;

-- The activities of a complete file by what became of them, and those that were withdrawn since the file lacks them.
CREATE TABLE import_activities (
    import_id text COLLATE "C" NOT NULL,
    reporter  text COLLATE "C" NOT NULL,
    activity  text COLLATE "C" NOT NULL,
    fate      text COLLATE "C" NOT NULL CHECK (fate IN ('reported', 'refused', 'withdrawn')),
    PRIMARY KEY (import_id, reporter, activity)
);
