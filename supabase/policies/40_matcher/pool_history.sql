-- The pool of one run: everybody who searches as they were when it began, kept so that every piece of the run,
-- on any worker, sees the same, and the run can be made again. Service only.

select private.declare_table('private.pool_history', owner => 'user_id',
    withheld => 'a copy of the sections as the engine read it, kept a week so that a run can be made again',
    switch => 'any', free_text => '{input}');

revoke all on private.pool_history, private.prices from public, anon, authenticated, service_role;

create or replace function private.ready_members(chart_version text, first_user uuid, last_user uuid) returns integer
language plpgsql volatile set search_path = '' as $$
begin
    return private.refresh_pool_members(array(
        select p.user_id from public.connect_profiles p where p.user_id between first_user and last_user
        union select m.user_id from private.pool_members m where m.user_id between first_user and last_user),
        ready_members.chart_version, others_too => false);
end $$;
comment on function private.ready_members(text, uuid, uuid) is
    'Makes the rows of a range of ids current; returns how many were made.';

create or replace function private.enter_members(
    run public.job_runs, chart_version text, first_user uuid, last_user uuid
) returns integer
language plpgsql volatile set search_path = '' set enable_nestloop = off set jit = off as $$
declare
    until timestamptz := private.standing_until();
    identified boolean := (select s.identifiers_required from public.settings s);
    entered integer;
begin
    -- A worker may have been here and been killed: what it kept, and is otherwise by now, must not stand twice.
    delete from private.pool_history h
    where h.user_id between first_user and last_user and h.entered_run = run.sequence;
    perform private.ready_members(enter_members.chart_version, first_user, last_user);
    with searching as materialized (
        select m.user_id, m.number, m.revision, m.shape, s.free as capacity, s.waiting_since,
            private.stands(m.user_id, until, identified) as stands
        from private.capacities(array(select x.user_id from private.pool_members x
            where x.user_id between first_user and last_user)) s
        join private.pool_members m on m.user_id = s.user_id and m.user_id between first_user and last_user
    ),
    as_before as materialized (
        select h.user_id from private.pool_history h
        join searching s on s.user_id = h.user_id and s.revision = h.revision and s.shape = h.shape
            and (s.number, s.capacity, s.waiting_since, s.stands)
                = (h.number, h.capacity, h.waiting_since, h.stands)
        where h.left_run is null and h.chart_version = enter_members.chart_version
          and h.user_id between first_user and last_user
    ),
    gone as (
        update private.pool_history h set left_run = run.sequence
        where h.left_run is null and h.user_id between first_user and last_user
          and not exists (select from as_before a where a.user_id = h.user_id)
    )
    insert into private.pool_history (user_id, entered_run, revision, chart_version, shape, capacity, waiting_since,
        stands, number, input)
    select s.user_id, run.sequence, s.revision, enter_members.chart_version, s.shape, s.capacity, s.waiting_since,
        s.stands, s.number, m.input
    from searching s join private.pool_members m on m.user_id = s.user_id and m.user_id between first_user and last_user
    where not exists (select from as_before a where a.user_id = s.user_id);
    get diagnostics entered = row_count;
    return entered;
end $$;
comment on function private.enter_members(public.job_runs, text, uuid, uuid) is
    'Keeps who of a range of ids searches now, and how, as part of the pool of a run; rows that are as at the run '
    'before are shared with it. Returns how many differed. One run enters at a time.';

create or replace function private.pool_page(
    run bigint, run_started_at timestamptz, after uuid, most integer
) returns json
language plpgsql stable set search_path = '' as $$
declare
    -- No member has this id.
    beyond uuid := coalesce(pool_page.after, '00000000-0000-0000-0000-000000000000');
    page uuid[] := array(select h.user_id from private.pool_history h
        where h.user_id > beyond and h.entered_run <= run and (h.left_run is null or h.left_run > run)
        order by h.user_id limit most);
    last uuid := case when cardinality(page) = most then page[most] end;
begin
    return json_build_object(
        'columns', private.pool_columns(),
        'rows', coalesce((
            select json_agg(private.pool_row(h.input, h.capacity, h.waiting_since, private.price(h.user_id, run),
                h.stands, h.number) order by h.user_id)
            from private.pool_history h
            where h.user_id = any (page) and h.entered_run <= run and (h.left_run is null or h.left_run > run)), '[]'),
        'apart', private.apart_in(beyond, last, run_started_at),
        'met', private.met_in(beyond, last, run_started_at),
        'guests', coalesce((
            select json_agg(json_build_array(x.event_id, x.user_id) order by x.event_id, x.user_id)
            from public.event_members x join public.events e on e.id = x.event_id
            where private.is_open(e) and x.user_id = any (page) and x.joined_at < run_started_at), '[]'),
        'next', last);
end $$;
comment on function private.pool_page(bigint, timestamptz, uuid, integer) is
    'A page of the pool a run saw: rows of members beyond an id in the order of ids, the pairs that must not meet, '
    'those that have met, who is at which open event, and the id where the next page begins; null after the last.';

create or replace function private.apart_in(beyond uuid, last uuid, before timestamptz) returns json
language sql stable set search_path = '' as $$
    select coalesce(json_agg(json_build_array(k.one, k.other) order by k.one, k.other), '[]') from private.apart k
    where k.one > beyond and (last is null or k.one <= last) and k.since < before
$$;
comment on function private.apart_in(uuid, uuid, timestamptz) is
    'Pairs of which one is in a range of ids, that must not meet, as known before an instant. Anybody may be the '
    'other.';

create or replace function private.met_in(beyond uuid, last uuid, before timestamptz) returns json
language sql stable set search_path = '' as $$
    select coalesce(json_agg(json_build_array(m.user_a, m.user_b) order by m.user_a, m.user_b), '[]')
    from public.matches m
    where m.user_a > beyond and (last is null or m.user_a <= last) and m.user_b is not null and m.created_at < before
$$;
comment on function private.met_in(uuid, uuid, timestamptz) is
    'Pairs of which one is in a range of ids, that were proposed before an instant, and are not proposed again.';

create or replace function private.rules() returns json
language sql stable set search_path = ''
return (select json_build_object('matchMinScore', s.match_min_score, 'minFit', s.min_fit) from public.settings s);
comment on function private.rules() is 'What an operator decides about a run.';

create or replace function private.hash_of(text text) returns text
language sql immutable set search_path = ''
return encode(sha256(convert_to(text, 'UTF8')), 'hex');
comment on function private.hash_of(text) is 'SHA-256 as hexadecimal digits.';

create or replace function public.preview_pool(
    chart_version text, after uuid default null, most integer default 5000
) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    beyond uuid := coalesce(preview_pool.after, '00000000-0000-0000-0000-000000000000');
    page uuid[] := array(select p.user_id from public.connect_profiles p where p.user_id > beyond order by p.user_id
        limit most);
    last uuid := case when cardinality(page) = most then page[most] end;
    until timestamptz := private.standing_until();
    identified boolean := (select s.identifiers_required from public.settings s);
begin
    return json_build_object('now', private.iso(now()), 'settings', private.rules(),
        'columns', private.pool_columns(),
        'rows', coalesce((
            select json_agg(private.pool_row(
                private.pool_input(private.pool_values(s.user_id, preview_pool.chart_version)),
                s.free, s.waiting_since, private.price(s.user_id), private.stands(s.user_id, until, identified), 0)
                order by s.user_id)
            from private.capacities(array(select p.user_id from public.connect_profiles p
                where p.user_id = any (page) and private.can_be_matched(p))) s), '[]'),
        'apart', private.apart_in(beyond, last, 'infinity'),
        'met', private.met_in(beyond, last, 'infinity'),
        'next', last);
end $$;
comment on function public.preview_pool(text, uuid, integer) is
    'A page of the pool a run would see if it began now; opens no run and keeps nothing. Service only.';
revoke all on function public.preview_pool(text, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.preview_pool(text, uuid, integer) to service_role;
select private.declare_call('preview_pool');
