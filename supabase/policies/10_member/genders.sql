-- The words for genders: an operator's list, and nothing else may stand in the rows of members.

select private.declare_table('genders', about_nobody => 'words of the whole community');

revoke all on public.genders from public, anon, authenticated, service_role;
grant select on public.genders to service_role;
alter table public.genders enable row level security;

create or replace function private.refused_genders(field text, words text[], wished boolean) returns text
language plpgsql volatile set search_path = '' as $$
declare
    known integer;
begin
    -- Locked: nobody takes a word from the list while somebody begins to use it.
    perform from public.genders g
    where g.word = any (words) and (g.wished or not refused_genders.wished) order by g.word for share;
    get diagnostics known = row_count;
    if known = coalesce(cardinality(words), 0) and coalesce(array_ndims(words), 1) = 1 then
        return null;
    end if;
    return (select format(case when refused_genders.wished then '%s: of %s, each once.' else '%s: one of %s.' end,
            field, string_agg(g.word, ', ' order by g.bit))
        from public.genders g where g.wished or not refused_genders.wished);
end $$;
comment on function private.refused_genders(text, text[], boolean) is
    'Why these words cannot stand in a field, with those that can; null where they can. With wished: as whom somebody '
    'wants to meet.';

create or replace function private.wishes_named() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    refused text := coalesce(private.refused_genders('preferredGenders', new.preferred_genders, true),
        private.refused_genders('friendshipGenders', new.friendship_genders, true));
begin
    if refused is not null then
        raise check_violation using message = refused;
    end if;
    return new;
end $$;
comment on function private.wishes_named() is 'Whoever writes a profile, it names genders of the list.';
create or replace trigger wishes_named before insert or update of preferred_genders, friendship_genders
    on public.connect_profiles
    for each row execute function private.wishes_named();

create or replace function private.gender_named() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    refused text := private.refused_genders('gender', array[new.gender], false);
begin
    if refused is not null then
        raise check_violation using message = refused;
    end if;
    return new;
end $$;
comment on function private.gender_named() is 'Whoever writes a person, their gender is one of the list.';
create or replace trigger gender_named before insert or update of gender on public.users
    for each row when (new.gender is not null) execute function private.gender_named();

create or replace function private.gender_listed() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    users bigint;
begin
    if tg_op = 'INSERT' then
        new.bit := (select min(f.bit) from (select 1 << n as bit from generate_series(0, 15) n) f
            where not exists (select from public.genders g where g.bit = f.bit));
        if new.bit is null then
            raise check_violation using message = 'There are 16 genders already: remove one that nobody uses.';
        end if;
        return new;
    end if;
    if tg_op = 'UPDATE' and (new.word, new.bit) is distinct from (old.word, old.bit) then
        raise restrict_violation using
            message = format('"%s" keeps its word: insert the new one, and delete this one.', old.word);
    end if;
    -- The row is locked by now, so nobody begins to use the word meanwhile.
    if tg_op = 'DELETE' or old.wished and not new.wished then
        users := (select count(*) from public.users u left join public.connect_profiles p on p.user_id = u.id
            where old.word = any (p.preferred_genders || p.friendship_genders)
               or tg_op = 'DELETE' and u.gender = old.word);
        if users > 0 then
            raise restrict_violation using message = format(
                case tg_op when 'DELETE' then '"%s" stays: %s members are it, or want to meet it.'
                    else '"%s" stays wished: %s members want to meet it.' end, old.word, users);
        end if;
    end if;
    if tg_op = 'DELETE' then return old; end if;
    return new;
end $$;
comment on function private.gender_listed() is
    'A word gets its bit when it comes, keeps both, and goes only when nobody uses it.';
create or replace trigger gender_listed before insert or update or delete on public.genders
    for each row execute function private.gender_listed();
