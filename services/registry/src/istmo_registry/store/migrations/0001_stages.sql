-- The registry's state: what was reported, what it comes to, and what waits between the stages.
--
-- There are no foreign keys among these tables. A foreign key takes a row lock that no statement names, and the order
-- in which the stages lock rows is the whole of their correctness. Texts compare bytewise (COLLATE "C") everywhere.

-- Reports ------------------------------------------------------------------------------------------------------------

-- One row per id that a partner gave to an event, for ever.
CREATE TABLE event_ids (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner text COLLATE "C" NOT NULL,
    source  text COLLATE "C" NOT NULL,
    event   text COLLATE "C" NOT NULL,
    UNIQUE (partner, source, event)
);

-- Every content that came under an id, for ever, with the smallest (recorded, standing, import_id) of its deliveries.
-- `stands` marks the one content of its id that counts, `contested` that its id came with others too. `transaction` is
-- the identity of a reported or withdrawn transaction. `clear`: the report's own marking is TLP:CLEAR (true for a
-- withdrawal, which shows nothing).
CREATE TABLE copies (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     bigint NOT NULL,
    content_hash text COLLATE "C" NOT NULL,
    recorded     timestamptz NOT NULL,
    event_time   timestamptz,
    standing     text COLLATE "C" NOT NULL CHECK (standing IN ('owner', 'custodian')),
    import_id    text COLLATE "C",
    stands       boolean NOT NULL,
    contested    boolean NOT NULL,
    activity     bigint NOT NULL,
    type         text COLLATE "C" NOT NULL,
    transaction  text COLLATE "C",
    states_list  boolean NOT NULL,
    clear        boolean NOT NULL,
    data         text COLLATE "C" NOT NULL,
    UNIQUE (event_id, content_hash)
);
CREATE INDEX copies_activity ON copies (activity);

-- Activities and what matching reads of them -------------------------------------------------------------------------

-- A row for everything that a report is about, so that it can be locked before anything is known of it.
-- `report` is the newest report without its transactions, kept while withdrawn; `clear` is that report's marking.
-- The feature columns are filled only while the activity stands and is clear; `matchable` says so.
CREATE TABLE activities (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reporter          text COLLATE "C" NOT NULL,
    activity          text COLLATE "C" NOT NULL,
    handle            text COLLATE "C" NOT NULL UNIQUE,
    state             text COLLATE "C" NOT NULL DEFAULT 'unknown' CHECK (state IN ('unknown', 'standing', 'withdrawn')),
    current_copy      bigint,
    governing_copy    bigint,
    reported_copy     bigint,
    clear             boolean,
    older_report      boolean NOT NULL DEFAULT false,
    id_conflict       boolean NOT NULL DEFAULT false,
    report            text COLLATE "C",
    matchable         boolean NOT NULL DEFAULT false,
    feature_version   bigint NOT NULL DEFAULT 0,
    titles            text[] COLLATE "C" NOT NULL DEFAULT '{}',
    identifiers       text[] COLLATE "C" NOT NULL DEFAULT '{}',
    countries         text[] COLLATE "C" NOT NULL DEFAULT '{}',
    starts            date,
    ends              date,
    reference_kinds   text[] COLLATE "C" NOT NULL DEFAULT '{}',
    reference_targets text[] COLLATE "C" NOT NULL DEFAULT '{}',
    UNIQUE (reporter, activity)
);
CREATE INDEX activities_activity ON activities (activity) WHERE matchable;

-- The stated references once more, to be found from the other side.
CREATE TABLE activity_references (
    activity bigint NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    target   text COLLATE "C" NOT NULL,
    PRIMARY KEY (activity, kind, target)
);
CREATE INDEX activity_references_target ON activity_references (target);

-- The living transactions of every activity. `copy` is the report that gives the content: a row is a function of it and
-- of its identity there. `clear`: neither this report nor the transaction itself is restricted.
CREATE TABLE transactions (
    activity    bigint NOT NULL,
    transaction text COLLATE "C" NOT NULL,
    copy        bigint NOT NULL,
    type        text COLLATE "C" NOT NULL,
    date        date NOT NULL,
    value       text COLLATE "C" NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    ref         text COLLATE "C",
    clear       boolean NOT NULL,
    digest      text COLLATE "C" NOT NULL,
    data        text COLLATE "C" NOT NULL,
    PRIMARY KEY (activity, transaction)
);

-- The inverted index of blocking keys, and how many carry each: the row of a count is the lock of its key.
CREATE TABLE blocking_keys (
    key      text COLLATE "C" NOT NULL,
    activity bigint NOT NULL,
    PRIMARY KEY (key, activity)
);
CREATE INDEX blocking_keys_activity ON blocking_keys (activity);

CREATE TABLE key_counts (
    key      text COLLATE "C" PRIMARY KEY,
    carriers bigint NOT NULL
);

-- From fold to match -------------------------------------------------------------------------------------------------

CREATE TABLE dirty (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity    bigint NOT NULL,
    mode        text COLLATE "C" NOT NULL CHECK (mode IN ('match', 'check')),
    traceparent text COLLATE "C",
    since       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dirty_activity ON dirty (activity);

-- Two activities with a verdict that says something; a < b.
CREATE TABLE pairs (
    a        bigint NOT NULL,
    b        bigint NOT NULL,
    verdict  text COLLATE "C" NOT NULL CHECK (verdict IN ('same', 'linked', 'possibly-same')),
    kind     text COLLATE "C" CHECK (kind IN ('funds', 'part-of', 'phase-of')),
    score    numeric NOT NULL,
    evidence text COLLATE "C" NOT NULL,
    PRIMARY KEY (a, b),
    CHECK (a < b)
);
CREATE INDEX pairs_b ON pairs (b);

-- From match to resolve ----------------------------------------------------------------------------------------------

CREATE TABLE work (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity    bigint NOT NULL,
    traceparent text COLLATE "C",
    since       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX work_activity ON work (activity);

-- Membership: `root` is the smallest activity of the programme, `own` the smallest of it that the same reporter
-- reports; both NULL while the activity is in no programme. A row is never deleted.
CREATE TABLE members (
    activity bigint PRIMARY KEY,
    root     bigint,
    own      bigint
);
CREATE INDEX members_root ON members (root);

-- What was last published of the programme whose smallest activity `root` is. A row is never deleted: it keeps the
-- version. `outcome` is NULL after the tombstone.
CREATE TABLE programmes (
    root    bigint PRIMARY KEY,
    version bigint NOT NULL,
    clear   boolean NOT NULL,
    outcome text COLLATE "C"
);

-- One row per living transaction: its fate. `programme` is the root, NULL where the activity is in none.
CREATE TABLE entries (
    activity                bigint NOT NULL,
    transaction             text COLLATE "C" NOT NULL,
    programme               bigint,
    type                    text COLLATE "C" NOT NULL,
    measure                 text COLLATE "C",
    date                    date NOT NULL,
    value                   text COLLATE "C" NOT NULL,
    currency                text COLLATE "C" NOT NULL,
    ref                     text COLLATE "C",
    clear                   boolean NOT NULL,
    fate                    text COLLATE "C" NOT NULL CHECK (fate IN ('counted', 'excluded')),
    reason                  text COLLATE "C",
    replaced_by_activity    bigint,
    replaced_by_transaction text COLLATE "C",
    PRIMARY KEY (activity, transaction)
);
CREATE INDEX entries_programme ON entries (programme);

-- A counted line over country, line and goal; the amounts of one line sum exactly to its value.
CREATE TABLE entry_splits (
    activity    bigint NOT NULL,
    transaction text COLLATE "C" NOT NULL,
    country     text COLLATE "C" NOT NULL,
    line        text COLLATE "C" NOT NULL,
    goal        text COLLATE "C" NOT NULL,
    amount      numeric NOT NULL,
    PRIMARY KEY (activity, transaction, country, line, goal)
);

-- What the registry noticed. A row is never deleted: it keeps the version. `content` is the last finding.raised
-- without its version; NULL while cleared. `sides` is a JSON list of [reporter, activity], `reporter`'s first.
CREATE TABLE findings (
    key      text COLLATE "C" PRIMARY KEY,
    kind     text COLLATE "C" NOT NULL,
    reporter text COLLATE "C" NOT NULL,
    other    text COLLATE "C",
    sides    text COLLATE "C" NOT NULL,
    version  bigint NOT NULL DEFAULT 0,
    content  text COLLATE "C"
);

-- What a finding rests on: a pair of activities, or one activity (a = b). A finding without support is cleared.
CREATE TABLE finding_support (
    a       bigint NOT NULL,
    b       bigint NOT NULL,
    finding text COLLATE "C" NOT NULL,
    PRIMARY KEY (a, b, finding)
);
CREATE INDEX finding_support_b ON finding_support (b);
CREATE INDEX finding_support_finding ON finding_support (finding);

-- From the tables to the log -----------------------------------------------------------------------------------------

-- `headers` is a JSON object of texts. `value` is NULL for a tombstone.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lane        integer NOT NULL,
    topic       text COLLATE "C" NOT NULL,
    key         bytea NOT NULL,
    headers     text COLLATE "C" NOT NULL,
    value       bytea,
    version     bigint NOT NULL,
    traceparent text COLLATE "C",
    since       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_lane ON outbox (lane, id);

-- Each lane is sent by the one relay that holds its lease.
CREATE TABLE lanes (
    lane   integer PRIMARY KEY,
    holder text COLLATE "C",
    until  timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO lanes (lane) SELECT generate_series(0, 15);

-- Workers ------------------------------------------------------------------------------------------------------------

-- Where fold stands in the log, and in which log: moved in the transaction that folds.
CREATE TABLE offsets (
    topic      text COLLATE "C" NOT NULL,
    partition  integer NOT NULL,
    position   bigint NOT NULL,
    last_event text COLLATE "C",
    cluster    text COLLATE "C" NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- What a stage could not do, with the error, until it succeeds or an operator sends it again. `record` is
-- topic, partition and offset where the stage is fold.
CREATE TABLE parked (
    stage       text COLLATE "C" NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    activity    bigint,
    mode        text COLLATE "C",
    error       text COLLATE "C" NOT NULL,
    traceparent text COLLATE "C",
    since       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stage, subject)
);
