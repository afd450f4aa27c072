-- A member's work, for professional mode: what they do, and what of it a professional card may show.

select private.declare_table('work_profiles', owner => 'user_id', export => 'work',
    shown => '{industry,job_level,company_size,employer,skills,headline,shown,updated_at}',
    requeues => 'insert or update or delete', free_text => '{employer,skills,headline}');

revoke all on public.work_profiles from public, anon, authenticated, service_role;
grant select (updated_at) on public.work_profiles to authenticated;
grant select, insert, update, delete on public.work_profiles to service_role;

alter table public.work_profiles enable row level security;
drop policy if exists "members read their own work" on public.work_profiles;
create policy "members read their own work" on public.work_profiles for select to authenticated
    using (user_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.work_profiles;
create policy "in plain comparisons" on public.work_profiles as restrictive for select to authenticated
    using ((select private.reads_plainly()));

create or replace function private.work_of(member uuid) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object('industry', w.industry, 'jobLevel', w.job_level, 'companySize', w.company_size,
        'employer', w.employer, 'skills', coalesce(w.skills, '{}'), 'headline', w.headline,
        'shown', coalesce(w.shown, '{}'))
    from (select member) me left join public.work_profiles w on w.user_id = me.member
$$;
comment on function private.work_of(uuid) is 'A member''s work, as they see it; nulls before they said anything.';

create or replace function public.get_work_profile() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
begin
    if caller.refusal is not null then return caller.refusal; end if;
    return jsonb_build_object('workProfile', private.work_of(caller.member));
end $$;
comment on function public.get_work_profile() is 'GET /connect/work-profile: the caller''s work.';
revoke all on function public.get_work_profile() from public, anon, authenticated, service_role;
grant execute on function public.get_work_profile() to authenticated;
select private.declare_call('get_work_profile');

create or replace function public.put_work_profile(
    industry text default null, job_level public.job_level default null,
    company_size public.company_size default null, employer text default null, skills text[] default '{}',
    headline text default null, shown text[] default '{}', text_risk numeric default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
    caller private.admission := private.admit('write');
    asked jsonb;
    is_new boolean;
    broken text;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if text_risk >= (select s.message_risk_refused from public.settings s) then
        return private.refuse('invalid_body',
            'employer, skills, headline: not words that can be shown to people here.');
    end if;
    asked := private.questions_of((private.ensure_user(caller.member)).id);
    begin
        insert into public.work_profiles as w (user_id, industry, job_level, company_size, employer, skills, headline,
            shown)
        values (caller.member, put_work_profile.industry, put_work_profile.job_level, put_work_profile.company_size,
            put_work_profile.employer, put_work_profile.skills, put_work_profile.headline, put_work_profile.shown)
        on conflict (user_id) do update set
            industry = excluded.industry, job_level = excluded.job_level, company_size = excluded.company_size,
            employer = excluded.employer, skills = excluded.skills, headline = excluded.headline,
            shown = excluded.shown, updated_at = now()
        returning w.xmax = 0 into is_new;
    exception
        when check_violation then get stacked diagnostics broken = constraint_name;
        when not_null_violation then broken := '';
    end;
    if broken is not null then return private.refuse('invalid_body', private.broken_rule(broken)); end if;
    perform private.note_own_change(caller.member, asked, is_new);
    perform private.retell(caller.member, jsonb_build_object('workProfile', private.work_of(caller.member)));
    return jsonb_build_object('workProfile', private.work_of(caller.member));
end $$;
comment on function public.put_work_profile(text, public.job_level, public.company_size, text, text[], text, text[],
    numeric) is
    'PUT /connect/work-profile: replaces the caller''s work. text_risk is what moderation says of employer, skills and '
    'headline.';
revoke all on function public.put_work_profile(
    text, public.job_level, public.company_size, text, text[], text, text[], numeric
) from public, anon, authenticated, service_role;
grant execute on function public.put_work_profile(
    text, public.job_level, public.company_size, text, text[], text, text[], numeric
) to authenticated;
select private.declare_call('put_work_profile', replayable => true);

create or replace function private.employer_name(employer text) returns text
language plpgsql immutable set search_path = '' as $$
declare
    legal constant text := 'ltd|limited|gmbh|mbh|inc|incorporated|ag|se|sa|sas|sarl|srl|spa|bv|nv|oy|ab|as|aps|kg|'
        'kgaa|ohg|ug|ev|eg|llc|llp|lp|plc|corp|corporation|co|pty';
    name text := lower(normalize(employer, nfkc));
begin
    name := replace(replace(replace(replace(name, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss');
    -- Other accents go, and dots within a word (S.A., e.V.). Any other sign parts words.
    name := regexp_replace(normalize(name, nfkd), '[\u0300-\u036f.''’]', '', 'g');
    name := regexp_replace(regexp_replace(name, '[^[:alnum:]]+', ' ', 'g'), '\m(and|und)\M', ' ', 'g');
    name := btrim(regexp_replace(name, '\s+', ' ', 'g'));
    name := regexp_replace(name, '^(.*?\S)( (' || legal || '))+$', '\1');
    return coalesce(nullif(name, ''), lower(employer));
end $$;
comment on function private.employer_name(text) is
    'An employer''s name as it is compared: case, spaces, accents, signs and legal forms make no difference.';

create or replace function private.employer_code(employer text) returns integer
language plpgsql stable set search_path = '' as $$
begin
    return ('x' || left(encode((private.erasure_hashes('employer ' || private.employer_name(employer)))[1], 'hex'), 8))
        ::bit(32)::integer & 2147483647;
end $$;
comment on function private.employer_code(text) is
    'A number that is the same for the same employer: of a keyed hash, so that it names no employer to a reader '
    'without the key. A new erasure key makes other numbers (private.pool_shape()).';
