-- What an activity brings into a side of a finding, put down whenever it is folded: its neighbours compose what they say
-- without reading its report. NULL for what was folded before; then the report is read (stages/stored.py).
ALTER TABLE activities ADD share text COLLATE "C";
-- What the content of a finding was composed of, by its digest: it is composed anew only where that is another.
ALTER TABLE findings ADD basis text COLLATE "C";
