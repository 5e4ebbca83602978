CREATE ROLE "kassen-dienst" LOGIN;
