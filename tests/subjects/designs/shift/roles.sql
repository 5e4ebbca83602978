CREATE ROLE shift_owner LOGIN;
CREATE ROLE shift_worker LOGIN;
GRANT CREATE ON SCHEMA public TO shift_owner;
