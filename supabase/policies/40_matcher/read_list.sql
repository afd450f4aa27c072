-- A member's list for an operator who looks into a question: what is on it, and what it was made from. Service only.

create or replace function public.read_list(member uuid, why text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    listed jsonb;
begin
    perform private.name_request();
    if not exists (select from public.connect_profiles p where p.user_id = read_list.member) then
        return private.refuse('not_found', 'No member of Connect has this id.');
    elsif coalesce(btrim(read_list.why), '') = '' or char_length(read_list.why) > 1000 then
        return private.refuse('invalid_body', 'why: a reason of 1 to 1,000 characters; it is kept on record.');
    end if;
    -- Written first. The hash answers whether this member's list was read, and names nobody once they are erased.
    insert into public.admin_actions (action, why, details)
    values ('read_list', read_list.why, jsonb_build_object('member',
        encode((private.hashes_of(read_list.member))[1], 'hex')));
    select coalesce(jsonb_agg(jsonb_build_object('candidate', s.candidate_user_id, 'eventId', s.event_id, 'mode',
        s.mode, 'score', s.score, 'parts', s.sub_scores, 'labels', s.reasons, 'computedAt',
        private.iso(s.computed_at)) order by s.event_id nulls first, s.score desc), '[]')
    into listed from public.match_scores s where s.user_id = read_list.member;
    return jsonb_build_object('list', listed);
end $$;
comment on function public.read_list(uuid, text) is
    'A member''s lists with scores, parts and labels, for an operator who says why; kept in admin_actions. Service '
    'only.';
revoke all on function public.read_list(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.read_list(uuid, text) to service_role;
select private.declare_call('read_list');
