-- What the stages did for each trace, for operators who follow one report. Nothing is decided by it, a rebuild carries it
-- over, and what is older than ISTMO_KEEP_STAGE_RECORDS is forgotten.

-- Each arrival of a report from the log, `place` being its topic, partition and offset. `activity` is NULL where nothing
-- had to be locked for it.
CREATE TABLE arrivals (
    partner  text COLLATE "C" NOT NULL,
    source   text COLLATE "C" NOT NULL,
    event    text COLLATE "C" NOT NULL,
    trace    uuid NOT NULL,
    activity bigint,
    place    text COLLATE "C" NOT NULL,
    recorded timestamptz NOT NULL,
    began    timestamptz NOT NULL,
    ended    timestamptz NOT NULL,
    outcome  text COLLATE "C" NOT NULL
);
CREATE INDEX arrivals_event ON arrivals (event);
CREATE INDEX arrivals_ended ON arrivals USING brin (ended);

-- What match, resolve and relay did. It waited from `since`. `onto`: the traces under which it goes on, where others
-- were joined with it; `subject` is the topic and the key of what relay sent.
CREATE TABLE stage_records (
    trace    uuid NOT NULL,
    stage    text COLLATE "C" NOT NULL,
    activity bigint,
    subject  text COLLATE "C",
    since    timestamptz,
    began    timestamptz NOT NULL,
    ended    timestamptz NOT NULL,
    outcome  text COLLATE "C" NOT NULL,
    onto     uuid[] NOT NULL DEFAULT '{}'
);
CREATE INDEX stage_records_trace ON stage_records (trace);
CREATE INDEX stage_records_ended ON stage_records USING brin (ended);

-- What an operator did with a dead letter, which goes by the place of its original in the log. Letters themselves are
-- kept by the topic `dead-letters`, for 30 days.
CREATE TABLE settled_letters (
    topic     text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    "offset"  bigint NOT NULL,
    outcome   text COLLATE "C" NOT NULL CHECK (outcome IN ('replayed', 'purged')),
    settled   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
);
