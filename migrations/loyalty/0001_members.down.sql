DROP TABLE public.members;
