CREATE TABLE entries (
    run  text NOT NULL,
    turn integer NOT NULL,
    PRIMARY KEY (run, turn)
);
GRANT SELECT, INSERT ON entries TO app;
