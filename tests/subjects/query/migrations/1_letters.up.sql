CREATE TABLE letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    body text NOT NULL
);
GRANT SELECT, INSERT, DELETE ON letters TO query_server;
-- Within a function no statement can end the transaction.
CREATE FUNCTION answer(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE rows text;
BEGIN
    EXECUTE 'SELECT coalesce(json_agg(t), ''[]'') FROM (' || sql || ') AS t' INTO rows;
    RETURN rows;
END $$;
