-- The version grows with every change, also where the statement forgets it or sets another.
CREATE FUNCTION public.products_bump() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

CREATE TRIGGER products_bump BEFORE UPDATE ON public.products
    FOR EACH ROW EXECUTE FUNCTION public.products_bump();
