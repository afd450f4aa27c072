-- What Connect knows of a member, told to that member: one rule for every column there is. A column without a rule is
-- never shown, and a test fails; a new one is one line in one of the two lists below.
--
--   shown      as it stands
--   own side   in the member's own view: an expression, over the row t and the member $1; null where another column
--              of the same table says it
--   withheld   about the member too, but not handed out; the reason is told
--   nobody     about no member at all

create or replace view private.personal_tables with (security_invoker = true) as
    select v.* from (values
    -- table, section of the export (null: not in it), which rows are a member's, their order, at most one, swept by an
    -- erasure
    ('public.users', 'profile', 't.id = $1', '1', true, false),
    ('public.connect_profiles', 'preferences', 't.user_id = $1', '1', true, false),
    ('public.consents', 'consents', 't.user_id = $1', 't.id', false, false),
    ('public.matching_preferences', 'matchingPreferences', 't.user_id = $1', '1', true, false),
    ('public.work_profiles', 'work', 't.user_id = $1', '1', true, false),
    ('public.user_interest_index', 'interests', 't.user_id = $1', '1', true, false),
    ('public.user_features', 'features', 't.user_id = $1', '1', true, false),
    ('public.birth_charts', 'charts', 't.user_id = $1', '1', true, false),
    ('private.funnels', 'funnel', 't.user_id = $1', '1', true, false),
    ('private.place_changes', 'homeChanges', 't.user_id = $1', 't.id', false, false),
    ('public.event_members', 'events', 't.user_id = $1', 't.joined_at, t.event_id', false, false),
    ('public.matchmaking_queue', 'waiting', 't.user_id = $1', 't.id', false, false),
    ('public.matchmaking_parked', 'parked', 't.user_id = $1', 't.parked_at, t.pool', false, false),
    ('public.matches', 'matches', '(t.user_a = $1 or t.user_b = $1)', 't.created_at, t.id', false, false),
    ('public.blind_chats', 'chats', 't.match_id in (select m.id from public.matches m where m.user_a = $1 or m.user_b '
        '= $1)', 't.created_at, t.id', false, false),
    ('public.blind_chat_messages', 'messages',
        '(t.sender_user_id = $1 or t.unreadable_at is null and t.blind_chat_id = any (private.open_chats($1)))',
            't.created_at, t.blind_chat_id, t.number', false, false),
    ('public.reveals', 'reveals', 't.match_id in (select m.id from public.matches m where m.user_a = $1 or m.user_b = '
        '$1)', 't.created_at, t.id', false, false),
    ('public.match_feedback', 'feedback', 't.user_id = $1', 't.created_at, t.id', false, false),
    ('public.blocks', 'blocks', 't.blocker_id = $1', 't.created_at, t.id', false, false),
    ('public.reports', 'reports', 't.reporter_id = $1', 't.created_at, t.id', false, false),
    -- Belong to the account, and go with an erasure though the account stays.
    ('private.rate_counters', null, 't.user_id = $1', '1', false, true),
    ('private.idempotency_keys', null, 't.user_id = $1', '1', false, true),
    ('private.erasure_codes', null, 't.user_id = $1', '1', false, true),
    ('private.stable_identifiers', null, 't.user_id = $1', '1', false, true)
    ) as v (table_name, section, rows_of, ordered_by, one_row, swept);
comment on view private.personal_tables is
    'Tables with rows of a member that are exported or swept by hand: which rows, under which name.';
comment on column private.personal_tables.table_name is 'The table.';
comment on column private.personal_tables.section is 'Its section of the export; null: not exported.';
comment on column private.personal_tables.rows_of is 'Condition over the row t and the member $1.';
comment on column private.personal_tables.ordered_by is 'Order of the rows.';
comment on column private.personal_tables.one_row is
    'Whether a member has one row at most: then the section is an object or null.';
comment on column private.personal_tables.swept is
    'Whether an erasure deletes these rows itself, because no foreign key does.';

create or replace view private.personal_columns with (security_invoker = true) as
    select v.table_name, c.column_name, v.rule, v.key, v.expression, v.why from (values
    -- table, columns ('*' for all), rule, key (null: the column's name), expression, why
    ('public.users', '{id,display_name,birth_date,birth_time,birth_time_accuracy,birth_place,birth_lat,birth_lon,'
        'birth_tz,gender,lang_primary,lang_secondary,tz,home_place,home_cell,created_at}', 'shown', null, null, null),

    ('public.connect_profiles', '{id,is_active,consented_at,consent_version,consent_lapsed_at,absent_since,paused_at,'
        'paused_until,mode,min_age,max_age,distance_km,preferred_genders,friendship_genders,language_pref,'
            'values_vector,communication_vector,life_goals_vector,emotional_readiness_score,vectors_stored_at,'
            'created_at,updated_at}',
                'shown', null, null, null),
    ('public.connect_profiles', '{user_id}', 'withheld', null, null, 'said once, in profile'),
    ('public.connect_profiles', '{revision}', 'withheld', null, null, 'a counter of changes, for the matcher'),

    ('public.consents', '{version,kind,signals,created_at}', 'shown', null, null, null),
    ('public.consents', '{id}', 'withheld', null, null, 'a number that runs through everybody''s lines'),
    ('public.consents', '{user_id}', 'withheld', null, null, 'said once, in profile'),
    ('public.matching_preferences', '{traits,deal_breakers,industries,exclude_colleagues,exclude_competitors,'
        'algorithm_weights,updated_at}', 'shown', null, null, null),
    ('public.matching_preferences', '{user_id}', 'withheld', null, null, 'said once, in profile'),
    ('public.work_profiles', '{industry,employer,updated_at}', 'shown', null, null, null),
    ('public.work_profiles', '{user_id}', 'withheld', null, null, 'said once, in profile'),
    ('public.user_interest_index', '{interests,updated_at}', 'shown', null, null, null),
    ('public.user_interest_index', '{user_id}', 'withheld', null, null, 'said once, in profile'),
    ('public.user_features', '{feature_vector,activity_score,computed_at}', 'shown', null, null, null),
    ('public.user_features', '{user_id}', 'withheld', null, null, 'said once, in profile'),
    ('public.birth_charts', '{radix_json,design_json,engine_version,computed_at}', 'shown', null, null, null),
    ('public.birth_charts', '{user_id}', 'withheld', null, null, 'said once, in profile'),
    ('public.birth_charts', '{packed,input_hash}', 'withheld', null, null,
        'the same charts and birth data again, as a machine reads them'),
    ('private.funnels', '{funnel,computed_at}', 'shown', null, null, null),
    ('private.funnels', '{user_id,engine_version}', 'withheld', null, null, 'whose it is, and which engine counted'),
    ('private.place_changes', '{first_setting,changed_at}', 'shown', null, null, null),
    ('private.place_changes', '{id,user_id,place_digest}', 'withheld', null, null,
        'tells a new place from the same one again; the place itself is in profile'),

    ('public.event_members', '{event_id}', 'own side', 'event',
        '(select jsonb_build_object(''code'', e.code, ''name'', e.name) from public.events e where e.id = t.event_id)',
            null),
    ('public.event_members', '{joined_at}', 'shown', null, null, null),
    ('public.event_members', '{user_id}', 'withheld', null, null, 'said once, in profile'),
    ('public.event_members', '{enough_at}', 'withheld', null, null,
        'whether enough guests fit what you look for; it would tell about them'),
    ('public.matchmaking_queue', '{event_id}', 'own side', 'eventCode',
        'to_jsonb((select e.code from public.events e where e.id = t.event_id))', null),
    ('public.matchmaking_queue', '{enqueued_at,available_at}', 'shown', null, null, null),
    ('public.matchmaking_queue', '{id,user_id,priority,reason,pool,turn_at,asked_by}', 'withheld', null, null,
        'state of the machine; why somebody waits can be what another member did'),
    ('public.matchmaking_parked', '{event_id}', 'own side', 'eventCode',
        'to_jsonb((select e.code from public.events e where e.id = t.event_id))', null),
    ('public.matchmaking_parked', '{parked_at}', 'shown', null, null, null),
    ('public.matchmaking_parked', '{user_id,pool,priority,reason,attempts,last_error}', 'withheld', null, null,
        'state of the machine'),
    ('private.matchmaking_leases', '{*}', 'withheld', null, null,
        'state of the machine: which worker is at a waiting member'),

    ('public.matches', '{id}', 'own side', 'matchId', 'to_jsonb(t.id)', null),
    ('public.matches', '{mode,expires_at}', 'shown', null, null, null),
    ('public.matches', '{created_at}', 'own side', 'proposedAt', 'to_jsonb(private.iso(t.created_at))', null),
    ('public.matches', '{ends_at}', 'own side', 'endsAt', 'to_jsonb(private.iso(t.ends_at))', null),
    ('public.matches', '{chat_opened_at}', 'shown', null, null, null),
    ('public.matches', '{decision_a}', 'own side', 'decision',
        'to_jsonb(case when t.user_a = $1 then t.decision_a else t.decision_b end)', null),
    ('public.matches', '{decided_a_at}', 'own side', 'decidedAt',
        'to_jsonb(private.iso(case when t.user_a = $1 then t.decided_a_at else t.decided_b_at end))', null),
    ('public.matches', '{left_a_at}', 'own side', 'leftAt',
        'to_jsonb(private.iso(case when t.user_a = $1 then t.left_a_at else t.left_b_at end))', null),
    ('public.matches', '{decision_b,decided_b_at,left_b_at,chat_ends_at}', 'own side', null, null, null),
    -- As the status tells them: gone when the match is over, whether or not the sweep has been.
    ('public.matches', '{explanation}', 'own side', 'labels',
        'case when t.ends_at > now() then to_jsonb(t.explanation) end', null),
    ('public.matches', '{user_a}', 'own side', 'partner', 'private.partner_shown(t, $1)', null),
    ('public.matches', '{user_b}', 'own side', null, null, null),
    ('public.matches', '{status,updated_at,stopped_at}', 'withheld', null, null,
        'moves with what the other one or the safety team does'),
    ('public.matches', '{astro_score,hd_score,values_score,communication_score,readiness_score,total_score,'
        'score_breakdown}', 'withheld', null, null, 'computed from the other one''s data as much as from yours'),
    ('public.matches', '{engine_version,run_id,event_id}', 'withheld', null, null,
        'how and where the pair was found would tell of the other one'),
    ('public.blind_chats', '{id}', 'own side', 'blindChatId', 'to_jsonb(t.id)', null),
    ('public.blind_chats', '{match_id}', 'shown', null, null, null),
    ('public.blind_chats', '{pseudonym_a}', 'own side', 'pseudonym',
        'to_jsonb(case when (select m.user_a = $1 from public.matches m where m.id = t.match_id) then t.pseudonym_a '
            'else t.pseudonym_b end)', null),
    ('public.blind_chats', '{pseudonym_b}', 'own side', 'partnerPseudonym',
        'to_jsonb(case when (select m.user_a = $1 from public.matches m where m.id = t.match_id) then t.pseudonym_b '
            'else t.pseudonym_a end)', null),
    ('public.blind_chats', '{salt}', 'own side', 'salt',
        'to_jsonb(translate(encode(t.salt, ''base64''), E''\n'', ''''))',
            'opens the messages on their way to you, and is not handed on'),
    ('public.blind_chats', '{reveal_state}', 'withheld', null, null, 'moves with what the other one does; see reveals'),
    ('public.blind_chats', '{message_count,created_at,last_message_at,closed_at}', 'withheld', null, null,
        'of both sides together; see matches and messages'),
    ('public.blind_chat_messages', '{id,blind_chat_id,created_at}', 'shown', null, null, null),
    ('public.blind_chat_messages', '{sender_user_id}', 'own side', 'mine',
        'to_jsonb(t.sender_user_id is not distinct from $1)', null),
    ('public.blind_chat_messages', '{content_ciphertext}', 'own side', 'ciphertext',
        'to_jsonb(translate(encode(t.content_ciphertext, ''base64''), E''\n'', ''''))', null),
    ('public.blind_chat_messages', '{side,key_id}', 'shown', null, null, null),
    ('public.blind_chat_messages', '{risk_score,risk_kinds}', 'withheld', null, null,
        'a judgement for the safety of both; who knows it learns to get past it'),
    ('public.blind_chat_messages', '{number,unreadable_at}', 'withheld', null, null,
        'would count what the other one wrote, or tell whether they could read it'),
    ('public.reveals', '{match_id}', 'shown', null, null, null),
    ('public.reveals', '{requested_by}', 'own side', 'mine', 'to_jsonb(t.requested_by is not distinct from $1)', null),
    ('public.reveals', '{requested_side}', 'own side', null, null, null),
    ('public.reveals', '{created_at}', 'own side', 'askedAt', 'to_jsonb(private.iso(t.created_at))', null),
    -- Who asked is not told that the other one declined.
    ('public.reveals', '{status}', 'own side', 'status',
        'to_jsonb(case when t.requested_by is not distinct from $1 and t.status = ''declined'' then ''pending'' else '
            't.status end)', null),
    ('public.reveals', '{answered_at}', 'own side', 'answeredAt',
        'to_jsonb(private.iso(case when t.requested_by is not distinct from $1 and t.status = ''declined'' then null '
            'else t.answered_at end))', null),
    ('public.reveals', '{id,requested_to}', 'withheld', null, null,
        'names the other one, or is a handle for the side that answers'),
    ('public.match_feedback', '{match_id,rating,fit_score,safety_score,communication_score,reasons,notes,vector_delta,'
        'created_at,updated_at}', 'shown', null, null, null),
    ('public.match_feedback', '{id,user_id}', 'withheld', null, null, 'row id, and whose it is'),
    ('public.blocks', '{match_id,created_at}', 'shown', null, null, null),
    ('public.blocks', '{id,blocker_id,blocked_id}', 'withheld', null, null,
        'names the other one; who blocked you is theirs to know'),
    ('public.reports', '{match_id,reason,details,created_at}', 'shown', null, null, null),
    ('public.reports', '{id,reporter_id,reported_id,reported_erased,status,updated_at,evidence_salt,evidence_count,'
        'taken_at,decision,decided_at,decision_reason}', 'withheld', null, null,
            'names the other one, or is the safety team''s; who reported you is protected'),
    ('public.reports', '{taken_by,decided_by}', 'nobody', null, null, 'administrators at work'),
    ('public.reports', '{evidence_chat_id}', 'nobody', null, null, 'a chat'),
    ('private.report_evidence', '{message_id}', 'nobody', null, null, 'a message'),
    ('private.report_evidence', '{report_id,number,side,writer_id,content_ciphertext,key_id,sent_at}', 'withheld', null,
        null, 'messages copied for the safety team; those that are yours are in messages'),

    ('public.domain_events', '{match_id}', 'nobody', null, null, 'a match'),
    ('public.domain_events', '{id,event_type,user_id,payload,created_at,handed_on,delivered_at}', 'withheld', null,
        null,
        'an outbox for the operator''s systems; its lines tell what the other one had done before, and what you did '
            'is told in the other sections'),
    ('private.abuse_signals', '{id,user_id,kind,match_id,noted_by,created_at,risk_score,risk_kinds}', 'withheld', null,
        null, 'what another member''s client noticed, for the safety team'),
    ('private.abuse_signals', '{message_id,statement}', 'nobody', null, null,
        'a message, and the edge''s word that it did not open'),
    ('private.tasks', '{*}', 'withheld', null, null, 'state of the machine: work that waits for a worker'),
    ('private.pool_history', '{*}', 'withheld', null, null,
        'a copy of the above as the engine read it, kept a week so that a run can be made again'),
    ('private.pool_members', '{*}', 'withheld', null, null, 'a copy of the above, made ready for searching'),
    ('private.pool_members_due', '{*}', 'withheld', null, null, 'state of the machine: whose copy is to be made anew'),
    ('private.prices', '{*}', 'withheld', null, null,
        'where the next run of the market begins; follows from everybody''s data'),
    ('private.match_scores', '{*}', 'withheld', null, null, 'lists of other people, by id'),
    ('public.batch_logs', '{*}', 'withheld', null, null, 'pairs that were scored: other people, by id'),
    ('private.job_shards', '{*}', 'nobody', null, null, 'pieces of a run, cut where nobody is'),
    ('private.returned_proposals', '{*}', 'withheld', null, null,
        'how many proposals you had before you erased yourself; they count a while longer'),
    ('private.kept_limits', '{*}', 'withheld', null, null,
        'limits that outlive an erasure, under keyed hashes of accounts'),
    ('private.rate_counters', '{*}', 'withheld', null, null, 'how many calls you made in the current minutes'),
    ('private.idempotency_keys', '{*}', 'withheld', null, null,
        'answers of the last day, kept so that a call sent twice is done once; they say what the sections say'),
    ('private.erasure_codes', '{*}', 'withheld', null, null, 'a code you asked for, as a hash'),
    ('private.stable_identifiers', '{*}', 'withheld', null, null,
        'hashes by which the operator knows an account again; without their key they say nothing'),
    ('private.returned_members', '{*}', 'withheld', null, null,
        'that somebody was erased before keeps others safe, and would tell on them'),
    ('private.erased_pairs', '{*}', 'withheld', null, null, 'whom an erased member must not meet again'),
    ('private.erased_sides', '{*}', 'withheld', null, null, 'which side of a match was erased'),

    ('private.erased_members', '{*}', 'nobody', null, null, 'people who are no members any more, under random ids'),
    ('private.erased_hashes', '{*}', 'nobody', null, null, 'keyed hashes of people who are no members any more'),
    ('public.settings', '{*}', 'nobody', null, null, 'of the whole community'),
    ('public.genders', '{*}', 'nobody', null, null, 'words of the whole community'),
    ('public.events', '{*}', 'nobody', null, null, 'events, not who is there'),
    ('public.event_sinks', '{*}', 'nobody', null, null, 'systems of the operator'),
    ('public.matchmaking_jobs', '{*}', 'nobody', null, null, 'pools, in counts'),
    ('public.job_runs', '{*}', 'nobody', null, null, 'runs, in counts'),
    ('public.match_funnel', '{*}', 'nobody', null, null, 'counts'),
    ('public.admin_actions', '{*}', 'nobody', null, null,
        'what administrators did to pools and reports; names administrators alone'),
    ('private.bell_nonces', '{*}', 'nobody', null, null, 'bells of the schedule'),
    ('private.engine_versions', '{*}', 'nobody', null, null, 'engines'),
    ('private.score_generation', '{*}', 'nobody', null, null, 'which lists are in use')
    ) as v (table_name, columns, rule, key, expression, why)
    cross join lateral unnest(v.columns::text[]) as c (column_name);
comment on view private.personal_columns is
    'What the export does with every column there is. A column without a rule is not shown, and a test fails.';
comment on column private.personal_columns.table_name is 'The table.';
comment on column private.personal_columns.column_name is 'The column; * for all of the table.';
comment on column private.personal_columns.rule is 'shown, own side, withheld, or nobody: about no member at all.';
comment on column private.personal_columns.key is 'Its name in the export; null: the column''s own, in camel case.';
comment on column private.personal_columns.expression is 'The member''s own view of it, as jsonb.';
comment on column private.personal_columns.why is 'Why it is not shown.';

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
    join private.personal_columns r on r.table_name = export_columns.table_name and r.column_name in (a.attname, '*')
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
    for t in select x.* from private.personal_tables x where x.section is not null loop
        execute format('select coalesce(jsonb_agg(jsonb_build_object(%s) order by %s), ''[]'') from %s t where %s',
            private.export_columns(t.table_name), t.ordered_by, t.table_name, t.rows_of)
        into found using member;
        told := told || jsonb_build_object(t.section, case when t.one_row then found -> 0 else found end);
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
        from private.personal_columns r where r.why is not null and r.rule <> 'nobody'
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
