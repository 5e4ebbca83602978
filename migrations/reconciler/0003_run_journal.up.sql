-- The run journal: a turn is opened in one transaction and closed in another, together with its
-- effect. A foreign key carries the tenant along, because foreign keys are checked without
-- row-level security: on run_id alone a turn could be hung on another tenant's run.
CREATE TABLE public.turns (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   text NOT NULL,
    run_id      text NOT NULL,
    ordinal     integer NOT NULL CHECK (ordinal > 0),
    tool        text NOT NULL,
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'failed')),
    attempts    integer NOT NULL DEFAULT 1,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    result      jsonb,
    FOREIGN KEY (tenant_id, run_id) REFERENCES public.runs (tenant_id, id),
    UNIQUE (run_id, ordinal),
    UNIQUE (tenant_id, run_id, id),
    CHECK ((status = 'open') = (finished_at IS NULL)),
    CHECK ((status = 'done') = (result IS NOT NULL))
);

CREATE TABLE public.tool_calls (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   text NOT NULL,
    run_id      text NOT NULL,
    turn_id     bigint NOT NULL,
    tool        text NOT NULL,
    arguments   jsonb NOT NULL,
    result      jsonb,
    sqlstate    text,
    error       text,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (tenant_id, run_id, turn_id) REFERENCES public.turns (tenant_id, run_id, id),
    CHECK ((result IS NULL) = (error IS NOT NULL))
);
CREATE INDEX tool_calls_run_id_idx ON public.tool_calls (run_id, id);
CREATE INDEX tool_calls_turn_id_idx ON public.tool_calls (turn_id);

ALTER TABLE public.turns ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.turns FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.turns TO reconciler_worker
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));

ALTER TABLE public.tool_calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tool_calls FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.tool_calls TO reconciler_worker
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));

GRANT SELECT,
      INSERT (tenant_id, run_id, ordinal, tool),
      UPDATE (status, attempts, finished_at, result)
   ON public.turns TO reconciler_worker;
GRANT SELECT,
      INSERT (tenant_id, run_id, turn_id, tool, arguments, result, sqlstate, error)
   ON public.tool_calls TO reconciler_worker;
