-- When the consent text changes: whoever agreed to another one is not matched until they agree to it. What is open
-- goes on, and what they switched on is used again only then.

create or replace function private.consent_text_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    lapsed uuid[];
    back uuid[];
    event uuid;
begin
    -- Nothing is loaded, listed or put in place meanwhile; then everybody, in one order.
    perform private.take_pool_lock();
    perform private.take_generation_lock();
    perform 1 from public.connect_profiles p
    where (p.consent_lapsed_at is null) = (p.consent_version <> new.consent_version)
    order by p.user_id for no key update;
    with changed as (
        update public.connect_profiles p
        set consent_lapsed_at = case when p.consent_version <> new.consent_version then clock_timestamp() end
        where (p.consent_lapsed_at is null) = (p.consent_version <> new.consent_version)
        returning p.user_id, p.consent_lapsed_at is not null as now_lapsed
    )
    select array_agg(c.user_id) filter (where c.now_lapsed), array_agg(c.user_id) filter (where not c.now_lapsed)
    into lapsed, back from changed c;

    delete from public.matchmaking_queue q where q.user_id = any (lapsed);
    delete from public.matchmaking_parked k where k.user_id = any (lapsed);
    delete from private.pool_members m where m.user_id = any (lapsed);
    -- Back to a text that they agreed to.
    perform private.enqueue(coalesce(back, '{}'), null, 0, 'joined');
    for event in select e.id from public.events e where private.is_open(e) order by e.id loop
        perform private.enqueue(array(select x.user_id from public.event_members x
            where x.event_id = event and x.user_id = any (back)), event, 0, 'joined');
    end loop;
    return null;
end $$;
comment on function private.consent_text_changed() is
    'A new consent text takes everybody who has not agreed to it out of the queue, the pool and every list; an earlier '
    'one brings back who agreed to that.';
create or replace trigger consent_text_changed after update on public.settings
    for each row when (old.consent_version <> new.consent_version) execute function private.consent_text_changed();

create or replace function private.consent_accepted() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    p public.connect_profiles;
begin
    select * into p from public.connect_profiles c where c.user_id = new.user_id for no key update;
    if p.id is not null and (p.consent_lapsed_at is not null or p.consent_version <> new.version)
        and new.version = private.lock_consent_version()
    then
        update public.connect_profiles c set consent_version = new.version, consented_at = now(),
            consent_lapsed_at = null
        where c.id = p.id;
        perform private.ask_for_matches(new.user_id, 0, 'joined');
    end if;
    return null;
end $$;
comment on function private.consent_accepted() is
    'Agreeing to the consent text in force, by whichever call, ends the pause its change began, and no pause of one''s '
    'own.';
create or replace trigger consent_accepted after insert on public.consents
    for each row execute function private.consent_accepted();
