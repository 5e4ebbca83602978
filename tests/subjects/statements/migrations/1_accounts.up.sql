CREATE TABLE accounts (name text PRIMARY KEY, balance integer NOT NULL);
GRANT SELECT, UPDATE ON accounts TO app;

CREATE TABLE pages (slug text PRIMARY KEY, body text NOT NULL, revision integer NOT NULL DEFAULT 0);
GRANT SELECT, UPDATE (body) ON pages TO app;
CREATE FUNCTION revise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.revision := OLD.revision + 1; RETURN NEW; END $$;
CREATE TRIGGER revise BEFORE UPDATE ON pages FOR EACH ROW EXECUTE FUNCTION revise();
