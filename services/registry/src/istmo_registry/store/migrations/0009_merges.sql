-- Merges of organisation records and their undoing, as the log tells of them. `id` is that of the event; an undo names
-- in `undoes` the merge that it takes back, and may be here before it.

CREATE TABLE organisation_merges (
    id       text COLLATE "C" PRIMARY KEY,
    undoes   text COLLATE "C",
    kept     text COLLATE "C" NOT NULL,
    merged   text COLLATE "C" NOT NULL,
    recorded timestamptz NOT NULL,
    data     text COLLATE "C" NOT NULL
);
CREATE INDEX organisation_merges_undoes ON organisation_merges (undoes);
