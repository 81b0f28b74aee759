-- Guests that an administrator deletes in bulk. Its twin for SQLite carries the same number and name.
--
-- What 0001 says of every table holds here too.
--
-- A server that does not know this column can live with it; it keeps what it is asked for in memory, and knows nothing of
-- what others were asked for.


-- The last deletion that was asked for, and how far it is: a JSON object, null for an app in which none was.
alter table apps add column guest_deletion text collate "C";
