DROP TABLE public.links;
