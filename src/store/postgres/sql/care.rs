//! What an examination asks, and what a role that serves is given.

statements! {
    // The server, the database and what is set in a session of ours.
    CARE_SETTINGS =
        "select current_setting('server_version'), current_setting('server_version_num')::integer,
             pg_encoding_to_char(encoding)::text, pg_database_size(oid), current_setting('fsync'),
             current_setting('full_page_writes'), current_setting('synchronous_commit'),
             current_setting('synchronous_standby_names'), current_setting('password_encryption'),
             current_setting('autovacuum'), current_setting('track_counts'), current_setting('statement_timeout'),
             current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'),
             current_setting('max_connections')::integer
                 - current_setting('superuser_reserved_connections')::integer,
             (select sum(numbackends)::bigint from pg_stat_database)
         from pg_database where datname = current_database()";
    ENCODING = "select current_setting('server_encoding')";
    // Who replicates: how many, of how many we may know the state, and how many a commit waits for.
    CARE_REPLICATION =
        "select pg_is_in_recovery()::integer, count(*), count(sync_state),
             count(*) filter (where sync_state in ('sync', 'quorum'))
         from pg_stat_replication";
    // The way to the database, as it sees it. Over a socket there is no address.
    CARE_WAY =
        "select ssl::integer, version, cipher, host(inet_client_addr()), inet_server_port()
         from pg_stat_ssl where pid = pg_backend_pid()";
    // What the role may do that none who serves should, and which tables it cannot use.
    CARE_ROLE =
        "select rolname::text, rolsuper::integer, (rolcreaterole or rolcreatedb or rolreplication)::integer,
             has_schema_privilege(current_schema()::text, 'create')::integer, current_schema()::text,
             (select count(*) from pg_class c where c.relnamespace = current_schema()::regnamespace
                  and c.relkind in ('r', 'p') and pg_has_role(c.relowner, 'usage')),
             (select string_agg(c.relname::text, ', ' order by c.relname) from pg_class c
              where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
                  and not (has_table_privilege(c.oid, 'select') and has_any_column_privilege(c.oid, 'update')
                      and (c.relname = 'server'
                          or has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'delete'))))
         from pg_roles where rolname = current_user";
    ENGINE_TIME = "select floor(extract(epoch from clock_timestamp()))::bigint";
    // The tables that a migration made, and the columns of the server's own row that a server may change.
    OWN_TABLES =
        "select c.relname::text from pg_class c where c.relnamespace = current_schema()::regnamespace
             and c.relkind in ('r', 'p') and pg_has_role(c.relowner, 'usage') order by c.relname";
    OWN_COLUMNS =
        "select a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid
         where c.relnamespace = current_schema()::regnamespace and c.relname = 'server' and a.attnum > 0
             and not a.attisdropped and a.attname not in ('schema', 'min_server') order by a.attnum";
    CURRENT_SCHEMA = "select current_schema()::text";
}
