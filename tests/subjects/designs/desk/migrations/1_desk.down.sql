DROP TABLE audit, jobs, tickets;
