-- Own changes: what a member looks for and says of themself is a question about others. A day has few of them.
--
-- Each function that stores such a thing calls private.questions_of() before and private.note_own_change() after. The
-- first changes of a day take effect at once. A later one is stored too, and the member reads it back. Matching reads
-- what it read before until the next night (private.held_questions). A narrower filter waits like any other: an answer
-- to it would tell as much. Blocks, pauses, withdrawals and returns are no such change. What an operator writes into
-- the tables takes effect at once.

select private.declare_table('private.own_changes', owner => 'user_id',
    withheld => 'how often you changed today what matching reads of you');
select private.declare_table('private.held_questions', owner => 'user_id',
    withheld => 'what matching reads of you until the next night, where you changed it too often today; the sections '
        'show what you stored', free_text => '{held}');

revoke all on private.own_changes, private.held_questions from public, anon, authenticated, service_role;

create or replace function private.question_names() returns text[]
language sql immutable set search_path = ''
return '{birthDate,gender,languages,tz,mode,minAge,maxAge,distanceKm,preferredGenders,friendshipGenders,languagePref,'
    'traits,dealBreakers,avoidsColleagues,avoidsCompetitors,employer,industry,wantedIndustries,jobLevel,companySize,'
    'wantedLevels,wantedSizes,goals,weights}'::text[];
comment on function private.question_names() is
    'Columns of the pool that members change themselves and that ask about others. The home cell has a limit of its '
    'own (settings.place_changes_per_day).';

create or replace function private.questions_of(member uuid) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
    return (select jsonb_object_agg(v.key, v.value) from jsonb_each(private.pool_values(member, null)) v
        where v.key = any (private.question_names()));
end $$;
comment on function private.questions_of(uuid) is
    'What a member has stored for matching to read, without what is held; nulls before they activated.';

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

create or replace function private.note_own_change(
    member uuid, before jsonb, is_first boolean default false
) returns void
language plpgsql volatile set search_path = '' as $$
declare
    stored jsonb := private.questions_of(member);
    read_until_now jsonb := before;
begin
    -- Nothing was read of a member who had not activated, and the first row of each kind is free.
    if stored = before or before -> 'mode' = 'null' or is_first then
        return;
    end if;
    with ended as (delete from private.held_questions h where h.user_id = member returning h.held)
    select before || e.held into read_until_now from ended e;
    read_until_now := coalesce(read_until_now, before);
    if stored = read_until_now or private.count_own_change(member) then
        return;
    end if;
    insert into private.held_questions (user_id, held)
    select member, jsonb_object_agg(v.key, v.value) from jsonb_each(read_until_now) v
    where v.value <> stored -> v.key;
end $$;
comment on function private.note_own_change(uuid, jsonb, boolean) is
    'Counts a member''s change, where what matching reads differs from before (private.questions_of()). Past the limit '
    'of the day matching goes on with what it read until now. A change that takes effect at once ends all waiting. '
    'is_first: the member had stored nothing of this kind before.';

create or replace function private.release_held_questions() returns integer
language plpgsql volatile set search_path = '' as $$
declare
    members uuid[] := array(select h.user_id from private.held_questions h);
    released integer;
begin
    if members = '{}' then
        return 0;
    end if;
    perform private.lock_members(members);
    perform from public.connect_profiles p where p.user_id = any (members) order by p.user_id for no key update;
    delete from private.held_questions h where h.user_id = any (members);
    get diagnostics released = row_count;
    update public.connect_profiles p set updated_at = now() where p.user_id = any (members);
    return released;
end $$;
comment on function private.release_held_questions() is
    'From now on matching reads what these members stored: a new revision of each. A night begins with it. Returns how '
    'many waited.';

-- These policies may read other columns than the earlier ones, under which values were held.
select private.release_held_questions();
