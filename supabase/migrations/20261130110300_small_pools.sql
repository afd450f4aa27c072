-- A filter is a question and a proposal its answer: questions are coarse, and answered only where several people fit them.

alter table public.settings
    drop column min_pool,
    drop column cooldown,
    add column min_fit integer not null default 10 check (min_fit between 1 and 1000),
    add column event_min_fit integer not null default 4 check (event_min_fit between 1 and 1000),
    add column standing_after interval not null default '1 day' check (standing_after >= '0'),
    add column identifiers_required boolean not null default false,
    add column proposals_per_lifetime integer not null default 6 check (proposals_per_lifetime between 1 and 1000);
comment on column public.settings.min_fit is
    'A member is proposed to nobody while fewer standing people than this fit what they look for. Less names people in a small community, more keeps members waiting.';
comment on column public.settings.event_min_fit is 'The same among the guests of an event.';
comment on column public.settings.standing_after is 'An account younger than this does not count among people who fit, once the community itself is older.';
comment on column public.settings.identifiers_required is
    'Whether only accounts with a stable identifier (set_stable_identifier) count among people who fit. Each identifier counts once in any case.';
comment on column public.settings.proposals_per_lifetime is
    'Proposals made to one account within any proposal_lifetime, whatever becomes of them and of the account: leaving does not give another turn.';

alter table public.events add column guests_vouched boolean not null default false;
comment on column public.events.guests_vouched is 'Set where somebody at the door knows the guests: then young accounts count there too.';
alter table public.event_members add column enough_at bigint;
comment on column public.event_members.enough_at is
    'Revision of the member''s profile at which enough guests fitted what they look for; null, or another: not known.';
alter table private.pool_members add column enough boolean;
comment on column private.pool_members.enough is 'Whether enough standing people fitted what the member looks for, when last counted; null: not counted for this row.';

alter table private.job_shards drop constraint job_shards_phase_check, add constraint job_shards_phase_check check (phase >= 0);
comment on column private.job_shards.phase is
    '0 making members ready, 1 keeping the pool, 2 comparing it, 3 lists, 4 proposals, 5 putting the lists in place, 6 queueing who changed meanwhile.';

create table private.returned_proposals (
    user_id uuid not null references public.users (id) on delete cascade,
    proposed_at timestamptz not null,
    proposals integer not null check (proposals > 0),
    primary key (user_id, proposed_at)
);
alter table private.returned_proposals enable row level security;
comment on table private.returned_proposals is 'Proposals made to members before they erased themselves and came back: they count until a proposal_lifetime is over.';
comment on column private.returned_proposals.user_id is 'The member.';
comment on column private.returned_proposals.proposed_at is 'When they were made.';
comment on column private.returned_proposals.proposals is 'How many.';
comment on column private.kept_limits.kind is
    'A kind of call, a move of the home place, proposals made, joining (for what newcomers have), or erasures in a row.';

-- Narrower questions become as coarse as they may be, outwards: nobody loses whom they looked for.
update public.connect_profiles p set min_age = w.low, max_age = greatest(p.max_age, least(120, w.low + 4))
from (select x.id, greatest(18, least(x.min_age - (4 - x.max_age + x.min_age) / 2, 116)) as low from public.connect_profiles x
    where x.max_age - x.min_age < 4) w
where w.id = p.id;
update public.connect_profiles p set distance_km = 25 where p.distance_km < 25;
alter table public.connect_profiles
    drop constraint connect_profiles_ages,
    add constraint connect_profiles_ages check (max_age - min_age >= 4),
    drop constraint connect_profiles_distance_km_check,
    add constraint connect_profiles_distance check (distance_km between 25 and 20000);
comment on constraint connect_profiles_ages on public.connect_profiles is
    'minAge, maxAge: at least five years of age, so maxAge is 4 or more above minAge.';
comment on constraint connect_profiles_distance on public.connect_profiles is 'distanceKm: 25 to 20,000, or null for any.';
