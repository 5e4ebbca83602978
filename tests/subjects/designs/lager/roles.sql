CREATE ROLE "Lager-Besitz";
CREATE ROLE "Lager; Dienst" LOGIN;
