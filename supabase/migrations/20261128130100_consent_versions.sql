-- A new consent text pauses the matching of everybody who agreed to another one, until they agree to it.

alter table public.connect_profiles add column consent_lapsed_at timestamptz;
comment on column public.connect_profiles.consent_lapsed_at is
    'Since when the consent text they agreed to is no longer the one in force: until they agree to that, they are not matched. Null: all is well.';
comment on column public.connect_profiles.consent_version is 'Consent text they agreed to last.';
update public.connect_profiles set consent_lapsed_at = now()
where consent_version <> (select s.consent_version from public.settings s);
