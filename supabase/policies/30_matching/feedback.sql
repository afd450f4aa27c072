-- A member reads and writes their own feedback, never another member's.

select private.declare_table('match_feedback', owner => 'user_id', export => 'feedback',
    ordered_by => 't.created_at, t.id',
    shown => '{match_id,rating,fit_score,safety_score,communication_score,reasons,notes,vector_delta,created_at,'
        'updated_at}', free_text => '{notes}');
select private.declare_withheld('match_feedback', '{id}', 'row id');
select private.declare_switch('match_feedback', 'feedback', '{vector_delta}');
select private.declare_event('feedback.given');

revoke all on public.match_feedback from public, anon, authenticated, service_role;
grant select (match_id, rating, fit_score, safety_score, communication_score, created_at, updated_at)
    on public.match_feedback to authenticated;
grant select, insert, update, delete on public.match_feedback to service_role;

alter table public.match_feedback enable row level security;
drop policy if exists "members read their own feedback" on public.match_feedback;
create policy "members read their own feedback" on public.match_feedback for select to authenticated
    using (user_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.match_feedback;
create policy "in plain comparisons" on public.match_feedback as restrictive for select to authenticated
    using ((select private.reads_plainly()));

create or replace function public.give_feedback(
    match_id uuid, rating integer, fit_score numeric default null, safety_score numeric default null,
    communication_score numeric default null, reasons text[] default '{}', notes text default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
    broken text;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    m := private.recent_match(give_feedback.match_id, caller.member);
    if m.id is null then
        return private.not_found(caller.member);
    elsif m.chat_opened_at is null then
        return private.refuse('match_not_open', 'No chat has opened in this match.');
    end if;
    begin
        insert into public.match_feedback as f
            (match_id, user_id, rating, fit_score, safety_score, communication_score, reasons, notes)
        values (m.id, caller.member, give_feedback.rating, give_feedback.fit_score, give_feedback.safety_score,
            give_feedback.communication_score, coalesce(give_feedback.reasons, '{}'), give_feedback.notes)
        on conflict on constraint match_feedback_match_id_user_id_key do update set
            rating = excluded.rating, fit_score = excluded.fit_score, safety_score = excluded.safety_score,
            communication_score = excluded.communication_score, reasons = excluded.reasons,
            notes = excluded.notes, updated_at = now();
    exception
        when check_violation or not_null_violation or numeric_value_out_of_range then
            get stacked diagnostics broken = constraint_name;
            return private.refuse('invalid_body', private.broken_rule(broken));
    end;
    perform private.emit('feedback.given', m.id, caller.member);
    return '{}'::jsonb;
end $$;
comment on function public.give_feedback(uuid, integer, numeric, numeric, numeric, text[], text) is
    'POST /connect/feedback: stores the caller''s opinion of a match whose chat opened. A second one replaces it.';
revoke all on function public.give_feedback(uuid, integer, numeric, numeric, numeric, text[], text)
    from public, anon, authenticated, service_role;
grant execute on function public.give_feedback(uuid, integer, numeric, numeric, numeric, text[], text) to authenticated;
select private.declare_call('give_feedback', replayable => true);
