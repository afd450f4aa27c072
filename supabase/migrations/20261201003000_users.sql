-- Identity: what a member tells about themself. Only the member reads it; the partner sees display_name alone,
-- after a mutual reveal.

create type public.birth_time_accuracy as enum ('exact', 'approximate', 'unknown');
comment on type public.birth_time_accuracy is 'How sure a birth time is.';

create table public.genders (
    word text primary key check (word ~ '^[a-z]+(_[a-z]+)*$' and char_length(word) <= 40),
    wished boolean not null default true,
    bit integer not null unique check (bit between 1 and 32768 and bit & (bit - 1) = 0)
);
alter table public.genders enable row level security;
insert into public.genders (word, wished, bit) values
    ('female', true, 1), ('male', true, 2), ('non_binary', true, 4), ('not_said', false, 8);
comment on table public.genders is
    'The genders of this community, up to 16: members may use a word from the moment it is here. A word that members '
    'use cannot go.';
comment on column public.genders.word is 'What members and their apps call it: lower-case words joined by underscores.';
comment on column public.genders.wished is
    'Whether members may name it among whom they want to meet. Who has a gender that nobody may name meets those who '
    'want to meet anybody.';
comment on column public.genders.bit is 'Its place in sets of genders, given when it is put here; never changes.';

create table public.users (
    id uuid primary key references auth.users (id) on delete cascade,
    display_name text check (
        char_length(display_name) between 1 and 80
        and display_name = btrim(display_name)
        -- Neither control characters nor marks that turn the text around it.
        and display_name !~ '[[:cntrl:]\u2028-\u202E\u2066-\u2069]'
    ),
    -- Age only grows, so a row that passes today passes for ever, a restored dump included.
    birth_date date constraint users_adult check (
        birth_date >= '1900-01-01'
        and birth_date <= ((now() at time zone 'UTC')::date - interval '18 years')::date
    ),
    birth_time time,
    birth_time_accuracy public.birth_time_accuracy,
    birth_place text check (char_length(birth_place) between 1 and 120 and birth_place !~ '[[:cntrl:]]'),
    birth_lat double precision check (birth_lat between -90 and 90),
    birth_lon double precision check (birth_lon between -180 and 180),
    -- A zone is stored under one name, by private.zone_of(); names without a place hold digits (EST5EDT).
    birth_tz text check (birth_tz ~ '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$'),
    gender text,
    lang_primary text check (lang_primary ~ '^[a-z]{2,3}$'),
    lang_secondary text check (lang_secondary ~ '^[a-z]{2,3}$'),
    tz text check (tz ~ '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$'),
    home_place text check (char_length(home_place) between 1 and 120 and home_place !~ '[[:cntrl:]]'),
    home_cell text check (home_cell ~ '^(1[0-7]\d\d|\d{1,3})\.(3[0-5]\d\d|[12]\d{3}|\d{1,3})$'),
    created_at timestamptz not null default now(),

    constraint users_birth_time_known check (
        (birth_time is not null) = (coalesce(birth_time_accuracy, 'unknown') <> 'unknown')
    ),
    constraint users_birth_place_complete check (
        num_nulls(birth_place, birth_lat, birth_lon, birth_tz) in (0, 4)
    ),
    constraint users_languages_differ check (lang_secondary is distinct from lang_primary or lang_primary is null),
    constraint users_cell_needs_place check (home_cell is null or home_place is not null)
);

comment on table public.users is
    'Who a member is. Readable by that member alone; the partner sees display_name after a mutual reveal.';
comment on column public.users.id is 'The auth user. Never shown to another member.';
comment on column public.users.display_name is 'Name a partner sees after a mutual reveal.';
comment on column public.users.birth_date is 'Birth date; members are 18 or over.';
comment on column public.users.birth_time is 'Local wall time of birth; null when unknown.';
comment on column public.users.birth_time_accuracy is 'How sure the birth time is.';
comment on column public.users.birth_place is 'Canonical name of the place of birth.';
comment on column public.users.birth_lat is 'Latitude of the place of birth, degrees north.';
comment on column public.users.birth_lon is 'Longitude of the place of birth, degrees east.';
comment on column public.users.birth_tz is 'IANA zone of the place of birth.';
comment on column public.users.gender is 'One word of genders, filtered against whom the partner wants to meet.';
comment on column public.users.lang_primary is 'First language, ISO 639 code.';
comment on column public.users.lang_secondary is 'Second language, ISO 639 code.';
comment on column public.users.tz is 'IANA zone the member lives in, under the one name it is compared by.';
comment on column public.users.home_place is 'Canonical name of the place the member lives in.';
comment on column public.users.home_cell is
    'Grid cell of about 10 km around home, ROW.COL; exists only while the location switch is on.';
comment on column public.users.created_at is 'When the member first told Connect about themself.';

-- What a member is told when a value is refused.
comment on constraint users_adult on public.users is 'birthDate: from 1900 on, and 18 years or more ago.';
comment on constraint users_display_name_check on public.users is
    'displayName: 1 to 80 characters, no control characters.';
comment on constraint users_birth_time_known on public.users is
    'birthTime and birthTimeAccuracy: a known time has an accuracy, an unknown one has no time.';
comment on constraint users_birth_place_complete on public.users is 'birthPlace: comes with its coordinates and zone.';
comment on constraint users_birth_place_check on public.users is
    'birthPlace: 1 to 120 characters, no control characters.';
comment on constraint users_home_place_check on public.users is
    'homePlace: 1 to 120 characters, no control characters.';
comment on constraint users_lang_primary_check on public.users is 'langPrimary: an ISO 639 code such as en.';
comment on constraint users_lang_secondary_check on public.users is 'langSecondary: an ISO 639 code such as de.';
comment on constraint users_languages_differ on public.users is 'langSecondary: another language than langPrimary.';
comment on constraint users_home_cell_check on public.users is 'homeCell: not a grid cell.';
comment on constraint users_tz_check on public.users is 'tz: not a time zone of the IANA database.';
comment on constraint users_birth_tz_check on public.users is 'birthTz: not a time zone of the IANA database.';

create table private.place_changes (
    id bigint generated always as identity primary key,
    user_id uuid not null references public.users (id) on delete cascade,
    place_digest bytea not null,
    first_setting boolean not null,
    changed_at timestamptz not null default now()
);
create index place_changes_user_idx on private.place_changes (user_id, id desc);
alter table private.place_changes enable row level security;

comment on table private.place_changes is 'When a member set their home; limits how often a place can move.';
comment on column private.place_changes.id is 'Order of the changes.';
comment on column private.place_changes.user_id is 'Whose home moved.';
comment on column private.place_changes.place_digest is 'SHA-256 of place and cell: tells a change from a repetition.';
comment on column private.place_changes.first_setting is 'The first home is free.';
comment on column private.place_changes.changed_at is 'When it was set.';
