-- What the stages did for each trace, for operators who follow one report. Nothing is decided by it, and what is older
-- than ISTMO_KEEP_STAGE_RECORDS is forgotten. It waited from `since`, where that is known here. `subject`: the topic and
-- the key of a record, or a subscription and the number of an item.
CREATE TABLE stage_records (
    trace   uuid NOT NULL,
    stage   text COLLATE "C" NOT NULL,
    subject text COLLATE "C",
    since   timestamptz,
    began   timestamptz NOT NULL,
    ended   timestamptz NOT NULL,
    outcome text COLLATE "C" NOT NULL
);
CREATE INDEX stage_records_trace ON stage_records (trace);
CREATE INDEX stage_records_ended ON stage_records USING brin (ended);

-- The items that came of a trace.
CREATE INDEX items_trace ON items ((substr(traceparent, 4, 32))) WHERE traceparent IS NOT NULL;
