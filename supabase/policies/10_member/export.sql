-- What Connect knows of a member, told to that member by the rules that the policy files declare, one for every column:
--
--   shown      as it stands
--   own side   in the member's own view: an expression, over the row t and the member $1; null where another column
--              of the same table says it
--   withheld   about the member too, but not handed out; the reason is told
--   nobody     about no member at all

create or replace function private.open_chats(member uuid) returns uuid[]
language plpgsql volatile set search_path = '' as $$
begin
    return array(select c.id from public.matches m join public.blind_chats c on c.match_id = m.id
        where (m.user_a = member or m.user_b = member) and m.ends_at > now() and not (private.seat(m, member)).is_over);
end $$;
comment on function private.open_chats(uuid) is 'Chats a member can read now.';

create or replace function private.partner_shown(m public.matches, member uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
    return (
        select jsonb_build_object('displayName', (select u.display_name from public.users u where u.id = s.partner))
        from private.seat(m, member) s
        where not s.is_over and exists (select from public.blind_chats c where c.match_id = m.id
            and c.reveal_state = 'mutual'));
end $$;
comment on function private.partner_shown(public.matches, uuid) is
    'The partner as the status shows them: a name, while the match is revealed to both; else null.';

create or replace function private.camel_case(name text) returns text
language sql immutable set search_path = ''
return lower(left(name, 1)) || substr(replace(initcap(replace(name, '_', ' ')), ' ', ''), 2);
comment on function private.camel_case(text) is 'display_name as displayName.';

create or replace function private.export_columns(table_name text) returns text
language sql stable set search_path = '' as $$
    select string_agg(format('%L, %s', coalesce(r.key, private.camel_case(a.attname)), coalesce(r.expression, case
            when a.atttypid = 'timestamptz'::regtype then format('private.iso(t.%I)', a.attname)
            when a.atttypid = 'extensions.vector'::regtype then format('t.%I::text::jsonb', a.attname)
            else format('to_jsonb(t.%I)', a.attname) end)), ', ' order by a.attnum)
    from pg_catalog.pg_attribute a
    join private.declared_columns r on r.table_name = export_columns.table_name and r.column_name in (a.attname, '*')
    where a.attrelid = export_columns.table_name::regclass and a.attnum > 0 and not a.attisdropped
      and (r.rule = 'shown' or r.expression is not null)
$$;
comment on function private.export_columns(text) is
    'What the export shows of a table, as arguments of jsonb_build_object(), in the order of its columns.';

create or replace function private.export_of(member uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    t record;
    found jsonb;
    told jsonb := '{}';
begin
    for t in select x.* from private.declared_tables x where x.section is not null loop
        execute format('select coalesce(jsonb_agg(jsonb_build_object(%s) order by %s), ''[]'') from %s t where %s',
            private.export_columns(t.table_name), coalesce(t.ordered_by, '1'), t.table_name, t.rows_of)
        into found using member;
        told := told || jsonb_build_object(t.section, case when t.ordered_by is null then found -> 0 else found end);
    end loop;
    return told;
end $$;
comment on function private.export_of(uuid) is 'Every section of a member''s export, made from the rules.';

create or replace function private.withheld() returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_agg(jsonb_build_object('what', w.what, 'why', w.why) order by w.what)
    from (
        select split_part(r.table_name, '.', 2) || case when min(r.column_name) = '*' then '' else ': '
            || string_agg(r.column_name, ', ' order by r.column_name) end as what, r.why
        from private.declared_columns r where r.why is not null and r.rule <> 'nobody'
        group by r.table_name, r.why) w
$$;
comment on function private.withheld() is 'What the export leaves out, and why; the same for everybody.';

create or replace function public.export_member() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
begin
    if caller.refusal is not null then
        return caller.refusal;
    elsif not private.count_call(caller.member, 'export') then
        return private.refuse('rate_limited', 'You have had as many exports as there are in a day.');
    end if;
    return jsonb_build_object('format', 'connect-export/1') || private.export_of(caller.member)
        || jsonb_build_object('withheld', private.withheld());
end $$;
comment on function public.export_member() is
    'GET /connect/export: everything Connect knows of the caller that is theirs to have. Messages come sealed, with '
    'the salts of their chats; the function opens them.';
revoke all on function public.export_member() from public, anon, authenticated, service_role;
grant execute on function public.export_member() to authenticated;
select private.declare_call('export_member');
