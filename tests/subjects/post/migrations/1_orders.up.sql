CREATE TABLE orders (
    number text PRIMARY KEY,
    shop text NOT NULL
);
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop text NOT NULL,
    key text NOT NULL UNIQUE,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'dispatched', 'dead')),
    attempts int NOT NULL DEFAULT 0,
    error text,
    due timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON orders, outbox TO post_app;
GRANT SELECT, UPDATE ON outbox TO post_relay;
