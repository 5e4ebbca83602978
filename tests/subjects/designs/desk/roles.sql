CREATE ROLE desk_owner;
CREATE ROLE desk_app LOGIN;
