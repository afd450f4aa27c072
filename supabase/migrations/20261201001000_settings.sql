-- Every number an operator may change, in one row. No code holds a copy of them.

create table public.settings (
    id boolean primary key default true check (id),

    consent_version text not null default 'v1' check (consent_version ~ '^[A-Za-z0-9._-]{1,32}$'),
    oauth_clients text[] not null default '{}' check (cardinality(oauth_clients) <= 100),
    absence_grace interval not null default '24 hours' check (absence_grace >= '0'),

    match_min_score numeric(5, 2) not null default 50 check (match_min_score between 0 and 100),
    min_fit integer not null default 10 check (min_fit between 1 and 1000),
    event_min_fit integer not null default 4 check (event_min_fit between 1 and 1000),
    standing_after interval not null default '1 day' check (standing_after >= '0'),
    identifiers_required boolean not null default false,
    live_match_cap integer not null default 3 check (live_match_cap between 1 and 50),
    newcomer_match_cap integer not null default 4 check (newcomer_match_cap between 1 and 50),
    newcomer_period interval not null default '48 hours' check (newcomer_period >= '0'),
    proposals_per_lifetime integer not null default 6 check (proposals_per_lifetime between 1 and 1000),

    proposal_lifetime interval not null default '3 days' check (proposal_lifetime > '0'),
    chat_idle_lifetime interval not null default '30 days' check (chat_idle_lifetime > '0'),
    safety_window interval not null default '90 days' check (safety_window > '0'),

    reads_per_minute integer not null default 120 check (reads_per_minute > 0),
    writes_per_minute integer not null default 60 check (writes_per_minute > 0),
    messages_per_minute integer not null default 20 check (messages_per_minute > 0),
    wrong_ids_per_10_minutes integer not null default 60 check (wrong_ids_per_10_minutes > 0),
    place_changes_per_day integer not null default 2 check (place_changes_per_day > 0),
    exports_per_day integer not null default 5 check (exports_per_day between 1 and 1000000),
    kept_answer_bytes_per_day integer not null default 2000000 check (
        kept_answer_bytes_per_day between 10000 and 1000000000
    ),
    idempotency_lifetime interval not null default '24 hours' check (idempotency_lifetime > '0'),

    erasure_code_lifetime interval not null default '10 minutes' check (
        erasure_code_lifetime between '1 minute' and '1 day'
    ),
    erasures_before_waiting integer not null default 2 check (erasures_before_waiting between 1 and 1000),

    message_key_id text check (message_key_id ~ '^[A-Za-z0-9_-]{1,32}$'),
    message_risk_refused numeric(5, 2) not null default 90 check (message_risk_refused between 0 and 100),
    refuse_contact_exchange boolean not null default false,

    priority_head_start interval not null default '1 minute' check (priority_head_start between '0' and '1 day'),
    matchmaking_lease interval not null default '90 seconds' check (matchmaking_lease between '1 second' and '1 hour'),
    matchmaking_attempts integer not null default 4 check (matchmaking_attempts between 1 and 20),
    matchmaking_backoff interval not null default '15 seconds' check (matchmaking_backoff between '0' and '1 hour'),
    matchmaking_fan_out integer not null default 3 check (matchmaking_fan_out between 0 and 50),
    matchmaking_candidates integer not null default 500 check (matchmaking_candidates between 50 and 5000),
    matcher_workers integer not null default 4 check (matcher_workers between 1 and 200),
    backlog_per_worker integer not null default 500 check (backlog_per_worker between 1 and 1000000),

    job_lease interval not null default '5 minutes' check (job_lease between '10 seconds' and '1 day'),
    shard_size integer not null default 1000 check (shard_size between 1 and 1000000),
    batch_log_pairs boolean not null default true,

    event_retention interval not null default '30 days' check (event_retention >= '1 day'),
    report_retention interval not null default '1 year' check (report_retention >= '1 day'),

    own_objects text[] not null default '{}' check (cardinality(own_objects) <= 10000)
);

comment on table public.settings is
    'One row: the limits, lifetimes and thresholds of this community. Changes apply to the next request.';
comment on column public.settings.id is 'Always true: keeps the table at one row.';
comment on column public.settings.consent_version is 'Consent text in force; activation and switches must name it.';
comment on column public.settings.oauth_clients is
    'OAuth clients (client_id) whose users'' tokens are accepted as tokens of members. Tokens of other clients are '
    'refused. The app''s own tokens name no client.';
comment on column public.settings.absence_grace is
    'How long a chat stays open after the account of one side was banned or deleted.';
comment on column public.settings.match_min_score is 'A pair scoring below this (0–100) is never proposed.';
comment on column public.settings.min_fit is
    'A member gets no proposals while fewer standing people than this fit what they look for. A small number may '
    'reveal people in a small community; a large one keeps members waiting.';
comment on column public.settings.event_min_fit is 'Like min_fit, among the guests of an event.';
comment on column public.settings.standing_after is
    'An account younger than this does not count among people who fit, once the community itself is older.';
comment on column public.settings.identifiers_required is
    'Whether only accounts with a stable identifier (set_stable_identifier) count among people who fit. Each '
    'identifier counts once in any case.';
comment on column public.settings.live_match_cap is 'Live matches a member may hold at once.';
comment on column public.settings.newcomer_match_cap is 'Live matches a member may hold during their newcomer period.';
comment on column public.settings.newcomer_period is 'How long after joining a member counts as a newcomer.';
comment on column public.settings.proposals_per_lifetime is
    'Proposals made to one account within any proposal_lifetime. Answered and ended ones count too, also after the '
    'account left and came back.';
comment on column public.settings.proposal_lifetime is 'How much time both members have to answer a proposal.';
comment on column public.settings.chat_idle_lifetime is 'A chat ends this long after its last message.';
comment on column public.settings.safety_window is
    'How long after a match is over it can still be reported, blocked or rated.';
comment on column public.settings.reads_per_minute is 'Reading calls per member and minute.';
comment on column public.settings.writes_per_minute is 'Changing calls per member and minute.';
comment on column public.settings.messages_per_minute is 'Chat messages per member and minute.';
comment on column public.settings.wrong_ids_per_10_minutes is
    'Calls with an id that is not the member''s own, per member and ten minutes.';
comment on column public.settings.place_changes_per_day is
    'Changes of one''s own home place in 24 hours; more would allow trilateration.';
comment on column public.settings.exports_per_day is 'Exports a member may have in a day.';
comment on column public.settings.kept_answer_bytes_per_day is
    'Bytes of answers kept for a member''s retries in a day, with 200 for each key. Beyond this limit, calls with a '
    'key are refused; calls without one are not.';
comment on column public.settings.idempotency_lifetime is 'How long the answer of an Idempotency-Key is kept.';
comment on column public.settings.erasure_code_lifetime is 'How long the code that confirms an erasure is valid.';
comment on column public.settings.erasures_before_waiting is
    'After this many erasures, each within 24 hours of the one before, an account must wait 24 hours to activate. '
    'An erasure itself never waits.';
comment on column public.settings.message_key_id is
    'Key id for new messages. Null: the first key of CONNECT_MESSAGE_KEYS. To rotate, give every instance the new key '
    'first, then name it here.';
comment on column public.settings.message_risk_refused is 'A message of this score (0–100) or more is not delivered.';
comment on column public.settings.refuse_contact_exchange is
    'Whether a message that gives or asks for a contact before both have revealed is refused with any score. Off: it '
    'is delivered and flagged.';
comment on column public.settings.priority_head_start is 'How much earlier each level of priority is served.';
comment on column public.settings.matchmaking_lease is
    'How long a worker may keep the members it took; must be longer than any batch takes. After this time another '
    'worker takes over the work of a killed one.';
comment on column public.settings.matchmaking_attempts is 'A member is parked after this many attempts.';
comment on column public.settings.matchmaking_backoff is
    'Waiting time after the first failure. It doubles after each further one.';
comment on column public.settings.matchmaking_fan_out is
    'When a member changes, at most this many other members are queued again. The nightly run does the rest.';
comment on column public.settings.matchmaking_candidates is
    'A changed member is compared with at most this many eligible others, those with the nearest vectors first. The '
    'nightly run compares all.';
comment on column public.settings.matcher_workers is 'The most workers that are rung at one tick.';
comment on column public.settings.backlog_per_worker is 'One worker is rung for this many waiting members.';
comment on column public.settings.job_lease is 'A run or a shard without a sign of life for this long is taken over.';
comment on column public.settings.shard_size is 'Members per piece of a nightly run.';
comment on column public.settings.batch_log_pairs is 'Whether a nightly run notes every pair it scored in batch_logs.';
comment on column public.settings.event_retention is 'How long a line of the outbox stays, delivered or not.';
comment on column public.settings.report_retention is
    'Reports and their evidence are deleted this long after they were decided.';
comment on column public.settings.own_objects is
    'Names of the operator''s own tables, views, sequences and functions in public. apply-sql leaves their grants '
    'alone. At first it lists the objects that existed before Connect. Any other foreign object there is closed to '
    'clients.';

-- Objects that exist in public by now are the operator's own, because Connect's tables and functions come later.
insert into public.settings (own_objects)
select coalesce(array_agg(distinct o.name order by o.name), '{}')
from (
    select c.oid, c.relname::text as name from pg_catalog.pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and c.oid <> 'public.settings'::regclass
    union all
    select p.oid, p.proname::text from pg_catalog.pg_proc p where p.pronamespace = 'public'::regnamespace) o
where not exists (select from pg_catalog.pg_depend d where d.objid = o.oid and d.deptype = 'e');
