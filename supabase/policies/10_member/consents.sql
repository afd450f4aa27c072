-- The ledger and its switches. Withdrawing a switch deletes what was derived from it, in the same transaction.

select private.declare_table('consents', owner => 'user_id', export => 'consents', ordered_by => 't.id',
    shown => '{version,kind,signals,created_at}', requeues => 'insert');
select private.declare_withheld('consents', '{id}', 'a number that runs through everybody''s lines');
select private.declare_event('consent.changed', payload => '{signals}');

revoke all on public.consents from public, anon, authenticated, service_role;
-- Without user_id: what cannot be joined cannot be nested into a flood of rows.
grant select (kind, signals, created_at) on public.consents to authenticated;
grant select, insert on public.consents to service_role;

alter table public.consents enable row level security;
drop policy if exists "members read their own consents" on public.consents;
create policy "members read their own consents" on public.consents for select to authenticated
    using (user_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.consents;
create policy "in plain comparisons" on public.consents as restrictive for select to authenticated
    using ((select private.reads_plainly()));

create or replace function private.consent_stands() returns trigger
language plpgsql set search_path = '' as $$
begin
    raise exception using errcode = 'PT409', message = 'consents are append-only';
end $$;
comment on function private.consent_stands() is 'What was agreed to is not rewritten.';
create or replace trigger consent_stands before update on public.consents
    for each row execute function private.consent_stands();

create or replace function private.signals_of(member uuid) returns public.consent_signal[]
language plpgsql stable set search_path = '' as $$
begin
    return coalesce((select c.signals from public.consents c where c.user_id = member order by c.id desc limit 1),
        '{}');
end $$;
comment on function private.signals_of(uuid) is 'Signals the member allows now.';

create or replace function private.allows(member uuid, signal public.consent_signal) returns boolean
language plpgsql stable set search_path = '' as $$
begin
    return signal = any (private.signals_of(member));
end $$;
comment on function private.allows(uuid, public.consent_signal) is 'Whether the member allows one signal now.';

create or replace function private.forget_signal(member uuid, signal public.consent_signal) returns void
language plpgsql volatile set search_path = '' as $$
declare
    covered record;
    parts text[] := array(select p.part from private.score_parts() p where p.switch = forget_signal.signal);
begin
    perform private.lock_matches(member);
    for covered in
        select t.table_name, t.rows_of,
            (select string_agg(format('%I = null', c), ', ') from unnest(s.columns) c) as emptied
        from private.declared_switches s join private.declared_tables t on t.table_name = s.table_name
        where s.signal in (forget_signal.signal::text, 'any') order by t.table_name
    loop
        if covered.emptied is null then
            execute format('delete from %s t where %s', covered.table_name, covered.rows_of) using member;
        else
            execute format('update %s t set %s where %s', covered.table_name, covered.emptied, covered.rows_of)
            using member;
        end if;
    end loop;
    if signal = 'location' then
        perform private.forget_kept_cells(member);
    elsif signal = 'values' then
        perform private.forget_sensitive_traits(member);
    end if;
    if parts <> '{}' then
        update public.matches set score_breakdown = score_breakdown - parts,
            values_score = case when 'values' <> all (parts) then values_score end,
            communication_score = case when 'communication' <> all (parts) then communication_score end,
            readiness_score = case when 'readiness' <> all (parts) then readiness_score end,
            astro_score = case when 'astro' <> all (parts) then astro_score end,
            hd_score = case when 'hd' <> all (parts) then hd_score end
        where member in (user_a, user_b);
    end if;
    perform private.cancel_tasks(member, signal);
    perform private.forget_candidates(member);
end $$;
comment on function private.forget_signal(uuid, public.consent_signal) is
    'Deletes what was derived from a signal, as the tables declare it. Total score and labels of live matches stay '
    'until the match ends.';

create or replace function private.consents_of(member uuid) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
    allowed public.consent_signal[] := private.signals_of(member);
begin
    return jsonb_build_object(
        'version', (select c.version from public.consents c where c.user_id = member order by c.id desc limit 1),
        'currentVersion', (select s.consent_version from public.settings s),
        'switches', (select jsonb_object_agg(s.signal, s.signal = any (allowed))
            from unnest(enum_range(null::public.consent_signal)) as s (signal)),
        -- The newest 200 lines, oldest first; the whole ledger can be read from the table, page by page.
        'log', coalesce((select jsonb_agg(jsonb_build_object(
                'version', c.version, 'kind', c.kind, 'signals', c.signals, 'at', private.iso(c.created_at))
                    order by c.id)
            from (select * from public.consents x where x.user_id = member order by x.id desc limit 200) c), '[]'));
end $$;
comment on function private.consents_of(uuid) is 'A member''s switches and ledger, as they see them.';

create or replace function public.get_consents() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
begin
    if caller.refusal is not null then return caller.refusal; end if;
    return private.consents_of(caller.member);
end $$;
comment on function public.get_consents() is 'GET /connect/consents: the caller''s switches and the whole ledger.';
revoke all on function public.get_consents() from public, anon, authenticated, service_role;
grant execute on function public.get_consents() to authenticated;
select private.declare_call('get_consents');

create or replace function private.agree(
    member uuid, version text, kind public.consent_kind, signals public.consent_signal[]
) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    latest public.consents;
begin
    select * into latest from public.consents c where c.user_id = member order by c.id desc limit 1;
    -- Activating is a yes of its own, once for each text.
    if latest.version = agree.version and latest.signals @> agree.signals and latest.signals <@ agree.signals
        and (agree.kind <> 'activated' or exists (select from public.consents c
            where c.user_id = member and c.version = agree.version and c.kind = 'activated'))
    then
        return false;
    end if;
    insert into public.consents (user_id, version, kind, signals)
    values (member, agree.version, agree.kind, agree.signals);
    return true;
end $$;
comment on function private.agree(uuid, text, public.consent_kind, public.consent_signal[]) is
    'Appends a line to the ledger where it says something new. Returns whether it does.';

create or replace function private.are_switches(switches jsonb) returns boolean
language plpgsql immutable set search_path = '' as $$
begin
    -- Not one expression: jsonb_each() of something else than an object is an error.
    if jsonb_typeof(switches) is distinct from 'object' then
        return false;
    end if;
    return not exists (select from jsonb_each(switches) as s (signal, state)
        where jsonb_typeof(s.state) <> 'boolean' or s.signal <> all (enum_range(null::public.consent_signal)::text[]));
end $$;
comment on function private.are_switches(jsonb) is
    'Whether each name is that of a signal, and each value true or false.';

create or replace function public.put_consents(
    version text, switches jsonb, home_place text default null, home_cell text default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write');
    before public.consent_signal[];
    allowed public.consent_signal[];
    withdrawn public.consent_signal;
    u public.users;
    in_force text;
    moves_from timestamptz;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    in_force := private.lock_consent_version();
    -- Taking back needs no yes to a newer text: it may name the one agreed to last.
    if put_consents.version is distinct from in_force and put_consents.version is distinct from (
        select c.version from public.consents c where c.user_id = caller.member order by c.id desc limit 1)
    then
        return private.refuse('consent_required', 'version does not name the consent text in force.');
    end if;
    if not private.are_switches(switches) then
        return private.refuse('invalid_body',
            'switches: birthData, values, location, feedback and aiText, each true or false.');
    elsif not coalesce(private.is_cell(put_consents.home_cell), true) then
        return private.refuse('invalid_body', 'homeCell: not a grid cell.');
    end if;

    perform private.share_pool_lock();
    u := private.ensure_user(caller.member);
    before := private.signals_of(caller.member);
    allowed := array(select s.signal from unnest(enum_range(null::public.consent_signal)) as s (signal)
        where (switches ->> s.signal::text)::boolean);
    if put_consents.version is distinct from in_force and (not allowed <@ before or allowed @> before) then
        return private.refuse('consent_required',
            'version does not name the consent text in force; the earlier one is good for taking back alone.');
    end if;
    -- A cell exists only while the switch is on. It comes with the consent, for the place it was found for:
    -- that may have changed since.
    if put_consents.home_cell is not null and 'location' = any (allowed)
        and u.home_cell is null and u.home_place = put_consents.home_place
    then
        moves_from := private.place_moves_from(caller.member, u.home_place, put_consents.home_cell);
        if moves_from is not null then
            return private.refuse_move(moves_from);
        end if;
        update public.users x set home_cell = put_consents.home_cell where x.id = caller.member;
    end if;
    if not private.agree(caller.member, put_consents.version, 'switched', allowed) then
        return private.consents_of(caller.member);
    end if;
    foreach withdrawn in array before loop
        if withdrawn <> all (allowed) then
            perform private.forget_signal(caller.member, withdrawn);
        end if;
    end loop;
    perform private.emit('consent.changed', null, caller.member, jsonb_build_object('signals', to_jsonb(allowed)));
    return private.consents_of(caller.member);
end $$;
comment on function public.put_consents(text, jsonb, text, text) is
    'PUT /connect/consents: replaces the caller''s switches; a switch not named is off. home_cell: the cell of '
    'home_place, kept if location is allowed and that is still where they live.';
revoke all on function public.put_consents(text, jsonb, text, text) from public, anon, authenticated, service_role;
grant execute on function public.put_consents(text, jsonb, text, text) to authenticated;
select private.declare_call('put_consents', replayable => true);
