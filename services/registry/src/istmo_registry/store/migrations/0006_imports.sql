-- Imports can be withdrawn: what came with one is then as if it had never come.

-- A row for every import that a report or a withdrawal names, so that it can be locked.
CREATE TABLE imports (
    partner   text COLLATE "C" NOT NULL,
    import_id text COLLATE "C" NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false,
    PRIMARY KEY (partner, import_id)
);

-- A content of an event id is kept once for each import that brought it: it still counts if another one did, or none.
-- `stands` marks the one copy of its event id that counts, `contested` that other contents count under that id.
ALTER TABLE copies DROP CONSTRAINT copies_event_id_content_hash_key;
ALTER TABLE copies ADD UNIQUE NULLS NOT DISTINCT (event_id, content_hash, import_id);
CREATE INDEX copies_import ON copies (import_id) WHERE import_id IS NOT NULL;
