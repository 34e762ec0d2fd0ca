-- The journal of imports. Text keys compare bytewise, as everywhere in the platform.

CREATE TABLE imports (
    import_id    text COLLATE "C" PRIMARY KEY,
    partner      text COLLATE "C" NOT NULL,
    file_name    text NOT NULL,
    sha256       text COLLATE "C" NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    tlp          text COLLATE "C" NOT NULL,
    groups       text[] COLLATE "C" NOT NULL,
    opened       timestamptz NOT NULL DEFAULT now(),
    finished     timestamptz,
    accepted     integer CHECK (accepted >= 0),
    duplicates   integer CHECK (duplicates >= 0),
    refused      integer CHECK (refused >= 0),
    transactions integer CHECK (transactions >= 0)
);

-- At most one import of a file under one marking is open for a partner: it is the one to resume.
CREATE UNIQUE INDEX imports_open ON imports (partner, sha256, tlp, groups) WHERE finished IS NULL;
CREATE INDEX imports_of_partner ON imports (partner, import_id DESC);
