-- A zone is stored under one name, by private.zone_of(); names without a place hold digits (EST5EDT).

alter table public.users
    drop constraint users_tz_check,
    drop constraint users_birth_tz_check,
    add constraint users_tz_check check (tz ~ '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$'),
    add constraint users_birth_tz_check check (birth_tz ~ '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$');
comment on constraint users_tz_check on public.users is 'tz: not a time zone of the IANA database.';
comment on constraint users_birth_tz_check on public.users is 'birthTz: not a time zone of the IANA database.';
comment on column public.users.tz is 'IANA zone the member lives in, under the one name it is compared by.';
