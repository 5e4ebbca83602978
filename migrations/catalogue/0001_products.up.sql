-- What the shop sells. Whoever edits a product says which version of it he has seen.
CREATE TABLE public.products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text NOT NULL CONSTRAINT products_sku UNIQUE,
    description text NOT NULL,
    price_cents bigint NOT NULL CONSTRAINT products_price CHECK (price_cents >= 0),
    version     bigint NOT NULL DEFAULT 1
);

GRANT SELECT, INSERT (sku, description, price_cents), UPDATE (description, price_cents, version)
    ON public.products TO catalogue_service;
