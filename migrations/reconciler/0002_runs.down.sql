DROP TABLE public.runs;
