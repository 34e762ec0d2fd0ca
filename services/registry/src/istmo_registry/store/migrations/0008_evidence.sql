-- Evidence is put into words when it is read: pairs keep observations (domain/explaining.py), so all are made anew.
UPDATE pairs SET evidence = '[]';
INSERT INTO dirty (activity, mode) SELECT id, 'match' FROM activities WHERE matchable;
