DROP TABLE public.tool_calls;
DROP TABLE public.turns;
