-- Where more activities hang together than one programme may have, the line above which pairs join them rises: of each of
-- them, the smallest of all that hang together, and the line that its own piece reached (none: people's word alone).
ALTER TABLE members ADD piece bigint, ADD merge_line numeric;
CREATE INDEX members_piece ON members (piece) WHERE piece IS NOT NULL;
