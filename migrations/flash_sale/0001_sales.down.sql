DROP TABLE public.sales;
