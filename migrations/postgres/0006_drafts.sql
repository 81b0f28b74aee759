-- Drafts, the history of deployments, and apps that are taken away. Its twin for SQLite carries the same number
-- and name.
--
-- What 0001 says of every table holds here too.


-- How a deployment came about. n counts an app's deployments in the order in which they were made, so that those of one
-- second have an order; it is null for the snapshot that a draft holds, and for what was deployed before this migration.
-- draft is the draft that it was, admin who did it, origin with what, null for what is not listed; name is null until
-- somebody gives one.
alter table deployments add column n integer;
alter table deployments add column name text collate "C";
alter table deployments add column draft bytea;
alter table deployments add column admin bytea;
alter table deployments add column origin text collate "C";

create unique index deployments_by_n on deployments (app, n) where n is not null;

-- Files that no snapshot holds any more are found by this when a snapshot goes.
create index deployment_files_by_hash on deployment_files (hash);


-- Changes that wait to be deployed: whose, made with what, from which live deployment, and the snapshot that holds them.
create table drafts (
    app      integer          not null,
    id       bytea            not null,
    admin    bytea            not null,
    origin   text collate "C" not null,
    created  bigint           not null,
    base     bytea            not null,
    snapshot bytea            not null,
    primary key (app, id)
);

create unique index drafts_by_admin on drafts (app, admin);


-- How an app deploys: a JSON object, null for an app that was never told.
alter table apps add column deploy_config text collate "C";


-- Apps that were taken away. Their numbers are never given to others, so that what a request under way still writes
-- is nobody's. cleared says that their rows are gone.
create table departed (
    app     integer  not null primary key,
    cleared smallint not null
);
