-- Partners, their keys, and the directory of organisations. The directory never learns from reports.

CREATE TABLE partners (
    id                      text COLLATE "C" PRIMARY KEY,
    version                 bigint NOT NULL,
    name                    text COLLATE "C" NOT NULL,
    kind                    text COLLATE "C" NOT NULL,
    language                text COLLATE "C" NOT NULL CHECK (language IN ('es', 'en')),
    steward                 boolean NOT NULL DEFAULT false,
    agreement_signed        boolean NOT NULL DEFAULT false,
    groups                  text[] COLLATE "C" NOT NULL DEFAULT '{}',
    owns                    text[] COLLATE "C" NOT NULL DEFAULT '{}',
    custodian_of            text[] COLLATE "C" NOT NULL DEFAULT '{}',
    custodian_of_unclaimed  boolean NOT NULL DEFAULT false,
    created                 timestamptz NOT NULL DEFAULT now()
);

-- `sha256` is the SHA-256 of the secret, in hexadecimal digits; the secret itself is shown once and kept nowhere.
CREATE TABLE partner_keys (
    id      text COLLATE "C" PRIMARY KEY,
    partner text COLLATE "C" NOT NULL REFERENCES partners (id),
    sha256  text COLLATE "C" NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    revoked timestamptz
);
CREATE INDEX partner_keys_partner ON partner_keys (partner);

CREATE TABLE organisations (
    id      text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    name_es text COLLATE "C" NOT NULL,
    name_en text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    family  text COLLATE "C"
);

CREATE TABLE organisation_identifiers (
    identifier   text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    PRIMARY KEY (identifier, organisation)
);
CREATE INDEX organisation_identifiers_organisation ON organisation_identifiers (organisation);

CREATE TABLE organisation_aliases (
    organisation text COLLATE "C" NOT NULL,
    alias        text COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation, alias)
);
