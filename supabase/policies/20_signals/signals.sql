-- Abstracted features of professional mode: nobody but the service reads them.

select private.declare_table('user_features', owner => 'user_id', export => 'features',
    shown => '{feature_vector,activity_score,computed_at}', switch => 'values',
    requeues => 'insert or update or delete');

revoke all on public.user_features from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.user_features to service_role;

alter table public.user_features enable row level security;
