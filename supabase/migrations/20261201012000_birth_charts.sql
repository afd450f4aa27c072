-- Charts: computed by the worker from what a member told about their birth, while the birthData switch is on.

create table public.birth_charts (
    user_id uuid primary key references public.users (id) on delete cascade,
    radix_json jsonb not null check (jsonb_typeof(radix_json) = 'object'),
    design_json jsonb not null check (jsonb_typeof(design_json) = 'object'),
    packed integer[] not null check (
        coalesce(array_ndims(packed), 0) = 1 and array_position(packed, null) is null and cardinality(packed) <= 1000
    ),
    input_hash text not null check (input_hash ~ '^[0-9a-f]{64}$'),
    engine_version text not null check (engine_version ~ '^[A-Za-z0-9._-]{1,64}$'),
    computed_at timestamptz not null default now()
);
create index birth_charts_version_idx on public.birth_charts (engine_version);

comment on table public.birth_charts is
    'A member''s charts, readable by that member alone; gone when birth data change or the birthData switch is turned '
    'off.';
comment on column public.birth_charts.user_id is 'The member.';
comment on column public.birth_charts.radix_json is
    'Natal chart: longitudes of the planets, the node, ascendant and midheaven, degrees.';
comment on column public.birth_charts.design_json is
    'Human Design chart: activations, channels, centers, type, authority, profile.';
comment on column public.birth_charts.packed is 'The same as whole microdegrees, as the engine reads it.';
comment on column public.birth_charts.input_hash is 'SHA-256 of the birth data it was computed from.';
comment on column public.birth_charts.engine_version is 'Formulas, ephemeris and time zone data that made it.';
comment on column public.birth_charts.computed_at is 'When it was computed.';
