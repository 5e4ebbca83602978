CREATE ROLE query_server LOGIN;
