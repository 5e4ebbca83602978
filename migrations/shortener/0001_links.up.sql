-- Short codes, where they lead, and how often they were followed.
CREATE TABLE public.links (
    code       text PRIMARY KEY CONSTRAINT links_code CHECK (code <> '' AND length(code) <= 200),
    target     text NOT NULL CONSTRAINT links_target CHECK (target <> ''),
    hits       bigint NOT NULL DEFAULT 0 CONSTRAINT links_hits CHECK (hits >= 0),
    created_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT (code, target), UPDATE (target, hits) ON public.links TO shortener_service;
