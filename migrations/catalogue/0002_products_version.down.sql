DROP TRIGGER products_bump ON public.products;
DROP FUNCTION public.products_bump();
