-- An endpoint that had not taken the last items of its list when that was restored takes them first: until then `epoch` is
-- the one they stand in, and `delivered` counts in it. Otherwise it is NULL, and the subscription's epoch holds.
ALTER TABLE deliveries ADD COLUMN epoch bigint;
