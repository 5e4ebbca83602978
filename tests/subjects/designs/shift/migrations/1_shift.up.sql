-- A Worker holds the task that its own row names, as long as its shift lasts. Nobody locks a task: that no two rows name the
-- same one is left to the isolation of the transaction in which a Worker writes its row.
CREATE TABLE tasks (
    id   text PRIMARY KEY,
    done boolean NOT NULL DEFAULT false
);
CREATE TABLE workers (
    name  text PRIMARY KEY,
    task  text REFERENCES tasks,
    until timestamptz
);
GRANT SELECT, UPDATE ON tasks TO shift_worker;
GRANT SELECT, INSERT, UPDATE ON workers TO shift_worker;
