-- One piece a buyer. The order and the piece that it takes are written together.
CREATE TABLE public.orders (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sale_id   bigint NOT NULL CONSTRAINT orders_sale REFERENCES public.sales (id),
    buyer     bigint NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT orders_one_a_buyer UNIQUE (sale_id, buyer)
);

GRANT SELECT, INSERT (sale_id, buyer) ON public.orders TO sale_worker;
