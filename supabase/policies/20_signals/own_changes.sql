-- Own changes: what a member looks for and says of themself is a question about others. A day has few of them.

select private.declare_table('private.own_changes', owner => 'user_id',
    withheld => 'how often you changed today what matching reads of you');

revoke all on private.own_changes from public, anon, authenticated, service_role;

create or replace function private.count_own_change(member uuid) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    allowed integer := (select s.own_changes_per_day from public.settings s);
    counted integer;
begin
    insert into private.own_changes as c (user_id, day, changes)
    values (member, (clock_timestamp() at time zone 'UTC')::date, 1)
    on conflict (user_id) do update set
        day = greatest(c.day, excluded.day),
        changes = case when c.day < excluded.day then 1 else least(c.changes, allowed) + 1 end
    returning c.changes into counted;
    return counted <= allowed;
end $$;
comment on function private.count_own_change(uuid) is
    'Counts one change of today of what matching reads of a member. True while it takes effect at once, false when it '
    'waits for the night. Take the member''s lock before.';
