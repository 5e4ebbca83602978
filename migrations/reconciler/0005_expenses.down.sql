DROP TABLE public.expenses;
