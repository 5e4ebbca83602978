DROP TABLE workers, tasks;
