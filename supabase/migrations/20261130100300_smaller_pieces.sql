-- A night in calls that the platform's gateway does not cut: more, and smaller, pieces.

alter table private.job_shards add column claimed_at timestamptz;
comment on column private.job_shards.claimed_at is 'When it was taken last.';
comment on column private.job_shards.phase is '1 keeping the pool, 2 comparing it, 3 lists, 4 proposals, 5 putting the lists in place, 6 queueing who changed meanwhile.';
comment on column private.job_shards.first_user is 'First id of the piece; null where it is not about single members. Ids are cut evenly: this is nobody''s.';
comment on column private.job_shards.last_user is 'Last id of the piece.';
alter table public.settings alter column shard_size set default 1000;
update public.settings set shard_size = default where shard_size = 2500;
