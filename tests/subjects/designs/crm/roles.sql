CREATE ROLE crm_owner;
CREATE ROLE crm_tenant;
CREATE ROLE crm_app LOGIN NOINHERIT;
CREATE ROLE north IN ROLE crm_tenant;
CREATE ROLE south IN ROLE crm_tenant;
GRANT north, south TO crm_app;
