-- uuid keys under names that need quotes; tenants by a table of members; DO UPDATE of nothing; append-only by a trigger;
-- claims by advisory locks; what is done is gone.
CREATE SCHEMA "Lager Süd";
CREATE TABLE "Lager Süd"."Zugehörige" (
    "Person" uuid PRIMARY KEY,
    "Haus"   uuid NOT NULL
);
CREATE TABLE "Lager Süd"."Eingänge; heute" (
    "Nr"        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "Mandant"   uuid NOT NULL,
    "Schlüssel" text NOT NULL,
    "Stück"     bigint NOT NULL,
    UNIQUE ("Mandant", "Schlüssel")
);
CREATE TABLE "Lager Süd"."Aufträge" (
    "Nr"      uuid PRIMARY KEY,
    "Mandant" uuid NOT NULL,
    "Wer"     text,
    "Bis"     timestamptz
);
CREATE TABLE "Lager Süd"."Buch" (
    "Nr"      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "Mandant" uuid NOT NULL,
    "Was"     text NOT NULL
);
CREATE FUNCTION "Lager Süd".haus() RETURNS uuid LANGUAGE sql STABLE
RETURN (SELECT z."Haus" FROM "Lager Süd"."Zugehörige" AS z
        WHERE z."Person" = nullif(current_setting('lager.person', true), '')::uuid);
ALTER TABLE "Lager Süd"."Eingänge; heute" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "Lager Süd"."Aufträge" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE "Lager Süd"."Buch" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY haus ON "Lager Süd"."Eingänge; heute" USING ("Mandant" = "Lager Süd".haus());
CREATE POLICY haus ON "Lager Süd"."Aufträge" USING ("Mandant" = "Lager Süd".haus());
CREATE POLICY haus ON "Lager Süd"."Buch" USING ("Mandant" = "Lager Süd".haus());

CREATE FUNCTION "Lager Süd".nie() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'das Buch wird nur fortgeschrieben' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER nie_ändern BEFORE UPDATE OR DELETE ON "Lager Süd"."Buch"
    FOR EACH STATEMENT EXECUTE FUNCTION "Lager Süd".nie();
CREATE TRIGGER nie_leeren BEFORE TRUNCATE ON "Lager Süd"."Buch"
    FOR EACH STATEMENT EXECUTE FUNCTION "Lager Süd".nie();

-- A lock of its number keeps an order for whoever takes it; it goes with the transaction, and the lease stays.
CREATE FUNCTION "Lager Süd".nimm(wer text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    offen record;
BEGIN
    FOR offen IN SELECT "Nr" FROM "Lager Süd"."Aufträge" WHERE "Bis" IS NULL OR "Bis" < clock_timestamp() ORDER BY "Nr" LOOP
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended(offen."Nr"::text, 0));
        UPDATE "Lager Süd"."Aufträge" SET "Wer" = wer, "Bis" = clock_timestamp() + interval '30 s'
        WHERE "Nr" = offen."Nr" AND ("Bis" IS NULL OR "Bis" < clock_timestamp());
        IF FOUND THEN
            RETURN offen."Nr";
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

GRANT USAGE ON SCHEMA "Lager Süd" TO "Lager; Dienst";
GRANT SELECT ON "Lager Süd"."Zugehörige" TO "Lager; Dienst";
GRANT SELECT, INSERT, UPDATE ("Schlüssel") ON "Lager Süd"."Eingänge; heute" TO "Lager; Dienst";
GRANT SELECT, UPDATE, DELETE ON "Lager Süd"."Aufträge" TO "Lager; Dienst";
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON "Lager Süd"."Buch" TO "Lager; Dienst";
