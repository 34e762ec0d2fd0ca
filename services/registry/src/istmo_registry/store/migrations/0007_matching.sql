-- What matching reads besides titles and identifiers: see domain/features.py. Lists are sorted.
ALTER TABLE activities
    ADD COLUMN codes        text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN words        text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN names        text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN places       text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN purposes     text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN reporters    text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN funders      text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN implementers text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN totals       text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN amounts      text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD COLUMN hierarchy    text COLLATE "C";
