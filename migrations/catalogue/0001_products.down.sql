DROP TABLE public.products;
