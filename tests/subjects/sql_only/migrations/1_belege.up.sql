CREATE SCHEMA "Kasse";
CREATE TABLE "Kasse"."Belege; täglich" (
    "Nr"        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "Mandant"   uuid NOT NULL,
    "Schlüssel" uuid NOT NULL,
    "Betrag"    integer NOT NULL,
    UNIQUE ("Mandant", "Schlüssel")
);
ALTER TABLE "Kasse"."Belege; täglich" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY mandant ON "Kasse"."Belege; täglich"
    USING ("Mandant" = NULLIF(current_setting('kasse.mandant', true), '')::uuid)
    WITH CHECK ("Mandant" = NULLIF(current_setting('kasse.mandant', true), '')::uuid);
GRANT USAGE ON SCHEMA "Kasse" TO "kassen-dienst";
GRANT SELECT, INSERT ON "Kasse"."Belege; täglich" TO "kassen-dienst";
