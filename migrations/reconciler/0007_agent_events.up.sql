-- What happened, in order, for ever. Append-only twice over: the Worker's role holds no other
-- grant, and triggers stop whoever does. They are ENABLE ALWAYS, because an ordinary trigger is
-- silent under session_replication_role = replica.
-- xact_id lets a reader follow without losing an event: ids are drawn before commit, so a
-- smaller id may appear later. Follow by (xact_id, id) below pg_snapshot_xmin(pg_current_snapshot()).
CREATE TABLE public.agent_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  text NOT NULL,
    run_id     text NOT NULL,
    turn       integer,
    kind       text NOT NULL CHECK (kind <> ''),
    payload    jsonb NOT NULL DEFAULT '{}',
    xact_id    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (tenant_id, run_id) REFERENCES public.runs (tenant_id, id)
);
CREATE INDEX agent_events_run_id_idx ON public.agent_events (run_id, id);
CREATE INDEX agent_events_follow_idx ON public.agent_events (xact_id, id);

CREATE FUNCTION public.agent_events_append_only() RETURNS trigger
    LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION '% refused: agent_events is append-only (trigger %)', TG_OP, TG_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
REVOKE EXECUTE ON FUNCTION public.agent_events_append_only() FROM PUBLIC;

CREATE TRIGGER agent_events_no_change BEFORE UPDATE OR DELETE ON public.agent_events
    FOR EACH ROW EXECUTE FUNCTION public.agent_events_append_only();
CREATE TRIGGER agent_events_no_truncate BEFORE TRUNCATE ON public.agent_events
    FOR EACH STATEMENT EXECUTE FUNCTION public.agent_events_append_only();
ALTER TABLE public.agent_events ENABLE ALWAYS TRIGGER agent_events_no_change;
ALTER TABLE public.agent_events ENABLE ALWAYS TRIGGER agent_events_no_truncate;

ALTER TABLE public.agent_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.agent_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.agent_events TO reconciler_worker
    USING (tenant_id = NULLIF(current_setting('app.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));

GRANT SELECT,
      INSERT (tenant_id, run_id, turn, kind, payload)
   ON public.agent_events TO reconciler_worker;
