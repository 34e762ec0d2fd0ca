-- Notify's state: what it knows of programmes, findings and partners, the alerts that follow, and the lists it tells.
--
-- Texts compare bytewise (COLLATE "C") everywhere. JSON that is only read and written whole is kept as canonical text.

-- What is known ---------------------------------------------------------------------------------------------------

-- The directory as it decides who is told what: the newest event of each partner.
CREATE TABLE partners (
    id   text COLLATE "C" PRIMARY KEY,
    data text COLLATE "C" NOT NULL
);

-- Each programme by topic key, at its highest version, with an outcome for each set of readers; none once absorbed.
-- `handles`: the ids under which it is told to anyone. `reporters`: whose markings restrict some outcome.
CREATE TABLE programmes (
    key       text COLLATE "C" PRIMARY KEY,
    version   bigint NOT NULL,
    outcomes  text COLLATE "C" NOT NULL,
    handles   text[] COLLATE "C" NOT NULL,
    reporters text[] COLLATE "C" NOT NULL
);
CREATE INDEX programmes_handles ON programmes USING gin (handles);
CREATE INDEX programmes_reporters ON programmes USING gin (reporters);

-- The activities in each outcome, with the label that says who sees them there.
CREATE TABLE members (
    activity  text COLLATE "C" NOT NULL,
    programme text COLLATE "C" NOT NULL,
    outcome   integer NOT NULL,
    label     text COLLATE "C" NOT NULL,
    PRIMARY KEY (activity, programme, outcome)
);
CREATE INDEX members_programme ON members (programme);

-- Each finding at its highest version; `raised` is the event, null once it was cleared.
CREATE TABLE findings (
    key      text COLLATE "C" PRIMARY KEY,
    version  bigint NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    reporter text COLLATE "C" NOT NULL,
    other    text COLLATE "C",
    raised   text COLLATE "C"
);
CREATE INDEX findings_reporter ON findings (reporter) WHERE raised IS NOT NULL;
CREATE INDEX findings_other ON findings (other) WHERE raised IS NOT NULL;

-- Alerts ----------------------------------------------------------------------------------------------------------

-- The one alert of a finding for a recipient. `told`: by language what the recipient is told, empty once cleared.
CREATE TABLE alerts (
    finding   text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    id        text COLLATE "C" NOT NULL UNIQUE,
    kind      text COLLATE "C" NOT NULL,
    state     text COLLATE "C" NOT NULL CHECK (state IN ('raised', 'updated', 'cleared')),
    revision  bigint NOT NULL,
    told      text COLLATE "C" NOT NULL,
    raised    timestamptz NOT NULL DEFAULT now(),
    changed   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (finding, recipient)
);
CREATE INDEX alerts_recipient ON alerts (recipient, id);

-- Lists -----------------------------------------------------------------------------------------------------------

-- A list for each (filter, reader, language) that somebody follows; the public's (reader null, no filter) are always
-- there. `last` is the number of its newest item; a list that nobody follows any more is closed, and its epoch ends.
CREATE TABLE views (
    id       text COLLATE "C" PRIMARY KEY,
    reader   text COLLATE "C",
    language text COLLATE "C" NOT NULL,
    filter   text COLLATE "C" NOT NULL,
    epoch    bigint NOT NULL DEFAULT 1,
    last     bigint NOT NULL DEFAULT 0,
    open     boolean NOT NULL DEFAULT true
);

-- The items of a list, numbered from 1 without gaps. `subject` is a programme's or an alert's id; `mentions` are the
-- activities it speaks of; `before` and `after` its facets.
CREATE TABLE items (
    view        text COLLATE "C" NOT NULL,
    epoch       bigint NOT NULL,
    number      bigint NOT NULL,
    type        text COLLATE "C" NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    data        text COLLATE "C" NOT NULL,
    mentions    text COLLATE "C" NOT NULL,
    before      text COLLATE "C",
    after       text COLLATE "C",
    told        timestamptz NOT NULL DEFAULT now(),
    traceparent text COLLATE "C",
    PRIMARY KEY (view, epoch, number)
);

-- A cursor on a list.
CREATE TABLE subscriptions (
    id      text COLLATE "C" PRIMARY KEY,
    partner text COLLATE "C" NOT NULL,
    view    text COLLATE "C" NOT NULL,
    epoch   bigint NOT NULL,
    start   bigint NOT NULL,
    channel text COLLATE "C" NOT NULL CHECK (channel IN ('sse', 'webhook')),
    created timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX subscriptions_partner ON subscriptions (partner, id);
CREATE INDEX subscriptions_view ON subscriptions (view);

-- Delivery to the endpoint of a subscription: everything up to `delivered` was taken, the next item is due at `due`.
-- The list itself is the queue. Whoever delivers holds `lease` until `leased_until`; a paused endpoint keeps its place.
CREATE TABLE deliveries (
    subscription  text COLLATE "C" PRIMARY KEY,
    url           text COLLATE "C" NOT NULL,
    secret        text COLLATE "C" NOT NULL,
    delivered     bigint NOT NULL,
    due           timestamptz NOT NULL DEFAULT now(),
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    last_status   integer,
    last_reason   text COLLATE "C",
    paused        text COLLATE "C" CHECK (paused IN ('gone', 'failing')),
    lease         text COLLATE "C",
    leased_until  timestamptz NOT NULL DEFAULT '-infinity'
);

-- Workers ---------------------------------------------------------------------------------------------------------

-- Where intake stands in the log, and in which log: moved in the transaction that takes in.
CREATE TABLE offsets (
    topic      text COLLATE "C" NOT NULL,
    partition  integer NOT NULL,
    position   bigint NOT NULL,
    last_event text COLLATE "C",
    cluster    text COLLATE "C" NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- What is to be published, sent in order by the one worker that holds the lease, deleted when acknowledged.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text COLLATE "C" NOT NULL,
    key         bytea NOT NULL,
    type        text COLLATE "C" NOT NULL,
    event       text COLLATE "C" NOT NULL,
    value       bytea NOT NULL,
    recorded    timestamptz NOT NULL DEFAULT now(),
    traceparent text COLLATE "C"
);

CREATE TABLE leases (
    name   text COLLATE "C" PRIMARY KEY,
    holder text COLLATE "C",
    until  timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO leases (name) VALUES ('outbox');
