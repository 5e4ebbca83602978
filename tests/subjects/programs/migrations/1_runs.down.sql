DROP TABLE entries;
DROP TABLE turns;
DROP TABLE runs;
