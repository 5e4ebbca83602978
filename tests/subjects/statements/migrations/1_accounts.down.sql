DROP TABLE pages, accounts;
DROP FUNCTION revise();
