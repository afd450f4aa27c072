-- The consent ledger: who agreed to what, when. Append-only; the newest row of a member is in force.

create type public.consent_signal as enum ('birthData', 'values', 'location', 'feedback', 'aiText');
comment on type public.consent_signal is 'A sensitive signal with a switch of its own.';
create type public.consent_kind as enum ('activated', 'switched');
comment on type public.consent_kind is 'What a line of the ledger records.';

create table public.consents (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users (id) on delete cascade,
    version text not null check (version ~ '^[A-Za-z0-9._-]{1,32}$'),
    kind public.consent_kind not null,
    signals public.consent_signal[] not null default '{}' check (
        array_position(signals, null) is null and cardinality(signals) <= 5
    ),
    created_at timestamptz not null default now()
);
create index consents_user_idx on public.consents (user_id, id desc);

comment on table public.consents is
    'Append-only ledger of consent. The newest row of a member says which signals may be used.';
comment on column public.consents.id is 'Order of the ledger.';
comment on column public.consents.user_id is 'Who agreed.';
comment on column public.consents.version is 'Consent text agreed to.';
comment on column public.consents.kind is 'activated: opted in; switched: changed the switches.';
comment on column public.consents.signals is 'Sensitive signals allowed from this moment on.';
comment on column public.consents.created_at is 'When they agreed.';
