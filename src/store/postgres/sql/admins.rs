//! Administrators, their projects, and what they did.

/// The columns that `row::admin_key` reads, in its order.
macro_rules! admin_key_columns {
    () => {
        "public_key, admin, name, hash, digest, created"
    };
}

statements! {
    PROJECTS = "select id, name from projects order by id";
    PROJECT_NAMED = "select id, name from projects where name = $1";
    PROJECT_EXISTS = "select 1 from projects where id = $1";
    INSERT_PROJECT = "insert into projects (id, name) values ($1, $2) on conflict do nothing";
    RENAME_PROJECT = "update projects set name = $2 where id = $1";
    ADMINS = "select id, email, hash, disabled from admins order by id";
    ADMIN = "select id, email, hash, disabled from admins where id = $1";
    ADMIN_OF_EMAIL = "select id, email, hash, disabled from admins where email = $1";
    ANY_ADMIN = "select 1 from admins limit 1";
    ADMIN_EXISTS = "select 1 from admins where id = $1";
    ADMIN_MAY = "select 1 from admins where id = $1 and disabled = 0";
    ADMIN_EMAIL_EXISTS = "select 1 from admins where email = $1";
    INSERT_ADMIN = "insert into admins (id, email, hash, disabled) values ($1, $2, $3, $4) on conflict do nothing";
    SET_ADMIN_DISABLED = "update admins set disabled = $2 where id = $1";
    DELETE_ADMIN = "delete from admins where id = $1";
    ROLES_OF = "select project, role from roles where admin = $1 order by project";
    PUT_ROLE =
        "insert into roles (admin, project, role) values ($1, $2, $3)
         on conflict (admin, project) do update set role = excluded.role";
    DELETE_ROLE = "delete from roles where admin = $1 and project = $2";
    DELETE_ROLES_OF = "delete from roles where admin = $1";
    ADMIN_KEY = concat!("select ", admin_key_columns!(), " from admin_keys where public_key = $1");
    ADMIN_KEY_BY_HASH = concat!("select ", admin_key_columns!(), " from admin_keys where hash = $1");
    ADMIN_KEYS_OF =
        concat!("select ", admin_key_columns!(), " from admin_keys where admin = $1 order by public_key");
    ADMIN_HAS_KEY = "select 1 from admin_keys where public_key = $1 and admin = $2";
    INSERT_ADMIN_KEY =
        "insert into admin_keys (public_key, admin, name, hash, digest, created) values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    DELETE_ADMIN_KEY = "delete from admin_keys where public_key = $1";
    DELETE_ADMIN_KEYS_OF = "delete from admin_keys where admin = $1";
    ADMIN_SESSION = "select id, admin, public_key, expires from admin_sessions where id = $1";
    ADMIN_SESSIONS_OF = "select id, admin, public_key, expires from admin_sessions where admin = $1 order by id";
    INSERT_ADMIN_SESSION =
        "insert into admin_sessions (id, admin, public_key, expires) values ($1, $2, $3, $4) on conflict do nothing";
    DELETE_ADMIN_SESSION = "delete from admin_sessions where id = $1";
    DELETE_ADMIN_SESSIONS_OF = "delete from admin_sessions where admin = $1";
    DELETE_ADMIN_SESSIONS_OF_KEY = "delete from admin_sessions where public_key = $1";
    DELETE_LAPSED_ADMIN_SESSIONS =
        "delete from admin_sessions where id in (
             select id from admin_sessions where expires <= $1 order by id limit $2
         )";
    SERVER_KEYS = "select id, purpose, material, created from server_keys order by purpose";
    KEEP_SERVER_KEY =
        "insert into server_keys (purpose, id, created, material) values ($1, $2, $3, $4)
         on conflict (purpose) do nothing";
    INSERT_AUDIT_LINE =
        "insert into audit (id, admin, who, project, what, target, origin, address, status)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing";
    AUDIT =
        "select id, admin, who, project, what, target, origin, address, status from audit
         where id < $1 and ($2 is null or (project is not null and strpos($2, encode(project, 'hex')) > 0)) order by id desc limit $3";
    FORGET_AUDIT_LINES =
        "delete from audit where id in (select id from audit where id < $1 order by id limit $2)";
}
