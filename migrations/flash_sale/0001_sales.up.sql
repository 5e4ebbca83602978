-- A flash sale: one row holds what is left. The version counts the changes, for who orders without a lock.
CREATE TABLE public.sales (
    id      bigint PRIMARY KEY,
    title   text NOT NULL CONSTRAINT sales_title CHECK (title <> ''),
    pieces  integer NOT NULL CONSTRAINT sales_pieces CHECK (pieces > 0),
    stock   integer NOT NULL CONSTRAINT sales_stock CHECK (stock BETWEEN 0 AND pieces),
    version bigint NOT NULL DEFAULT 1
);

GRANT SELECT, UPDATE (stock, version) ON public.sales TO sale_worker;
