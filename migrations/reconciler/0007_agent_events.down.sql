DROP TABLE public.agent_events;
DROP FUNCTION public.agent_events_append_only();
